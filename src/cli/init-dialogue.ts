import { KnownError } from '../model/error.js';
import type { Ask, Choice } from '../init/question.js';
import type { Dialogue } from './ask-text.js';

const listOf = (choices: readonly Choice[]): string => {
  const width = Math.max(...choices.map(({ name }) => name.length));
  const digits = String(choices.length).length;
  return choices
    .map(
      ({ name, about }, index) => `  ${String(index + 1).padStart(digits)}  ${name.padEnd(width)}  ${about}`,
    )
    .join('\n');
};

/** Puts each question to a person until the answer can be meant; Enter takes the preset. */
export const askPerson =
  (dialogue: Dialogue): Ask =>
  async ({ text, preset, choices, parse }) => {
    if (choices !== undefined) dialogue.say(`\n${listOf(choices)}`);
    const usual = preset === null || preset === '' ? '' : ` [${preset}]`;
    for (;;) {
      const given = await dialogue.question(`${text}${usual}: `);
      if (given === '' && preset === null) continue;
      try {
        return parse(given === '' ? (preset ?? '') : given);
      } catch (error) {
        if (!(error instanceof KnownError)) throw error;
        dialogue.say(`  ${error.message}${error.remedy === null ? '' : ` → ${error.remedy}`}`);
      }
    }
  };
