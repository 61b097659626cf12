/** A line of progress: for people, so it goes to stderr. */
export const say = (text: string): void => void process.stderr.write(`${text}\n`);
