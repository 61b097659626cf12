import { openQuestions } from '../terminal.js';

/** Asks on stderr. Only a yes is a yes: Ctrl-C and Ctrl-D at the question mean no. */
export const askYes = async (question: string): Promise<boolean> => {
  const ask = openQuestions();
  try {
    const answer = await ask.question(`${question} [y/N] `).catch(() => 'n');
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    ask.close();
  }
};
