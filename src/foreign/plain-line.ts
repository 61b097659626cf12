/** What nearly every line is made of; to look for what is unusual costs several times as much. */
const USUAL = /^[\t -~]*$/;
const UNUSUAL = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u;
const ESC = '\x1b';
const BELL = '\x07';
/** Colours and window titles, as terminals are told of them. */
const ESCAPES = new RegExp(
  [
    String.raw`${ESC}\[[0-?]*[ -/]*[@-~]`,
    String.raw`${ESC}\][^${BELL}${ESC}]*(?:${BELL}|${ESC}\\)`,
    String.raw`${ESC}[()][A-Z0-9]`,
    String.raw`${ESC}[=>@-Z\\^_]`,
  ].join('|'),
  'g',
);
const SPACES = /\p{Zs}/gu;
const UNSEEN = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A line as it was seen: without colours, with plain spaces, of what was written over what only the last. */
export const plainLine = (line: string): string => {
  if (USUAL.test(line) || !UNUSUAL.test(line)) return line;
  const shown = line.replace(ESCAPES, '').replace(SPACES, ' ').replace(/\r+$/, '');
  return shown.slice(shown.lastIndexOf('\r') + 1).replace(UNSEEN, '');
};
