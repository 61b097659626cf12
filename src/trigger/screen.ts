/*
 * What a device's terminal shows, from the bytes that it sends: control sequences, the echo of what was typed, and
 * which line is the last.
 */

const BELL = '\u0007';

// ECMA-48 §5.4 (CSI), §8.3.89 (OSC), and the short escapes of a VT100.
const ESCAPES =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()#][A-Za-z0-9]|[=>78cDEHMNOZ])/g;

/** A carriage return alone goes back to the beginning of the line, and what follows covers what is there. */
const overlaid = (line: string): string => {
  if (!line.includes('\r')) return line;
  return line.split('\r').reduce((below, part) => part + below.slice(part.length), '');
};

const withoutBackspaces = (text: string): string => {
  const kept: string[] = [];
  for (const letter of text) {
    if (letter !== '\b') kept.push(letter);
    else if (kept.at(-1) !== '\n') kept.pop();
  }
  return kept.join('');
};

/** The text as it would stand on the screen, with line ends as `\n`. */
export const onScreen = (raw: string): string => {
  const text = raw.replaceAll(ESCAPES, '').replaceAll('\0', '').replaceAll(BELL, '');
  const erased = text.includes('\b') ? withoutBackspaces(text) : text;
  // Some devices end a line by CR CR LF.
  return erased
    .split(/\r*\n/)
    .map((line) => overlaid(line).trimEnd())
    .join('\n');
};

export const lastLine = (screen: string): string => screen.slice(screen.lastIndexOf('\n') + 1);

/**
 * Where the echo of a typed line ends; -1 if it has not been seen whole. Blanks do not count, since a device wraps a
 * long line where it likes.
 */
export const endOfEcho = (screen: string, typed: string): number => {
  const wanted = typed.replaceAll(/\s/g, '');
  if (wanted === '') return 0;
  for (let from = 0; ; from++) {
    from = screen.indexOf(wanted[0] ?? '', from);
    if (from === -1) return -1;
    let at = from;
    let matched = 0;
    while (at < screen.length && matched < wanted.length) {
      const letter = screen[at] ?? '';
      if (letter.trim() === '') at++;
      else if (letter === wanted[matched]) {
        matched++;
        at++;
      } else break;
    }
    if (matched === wanted.length) return at;
  }
};

/** What a device answered: between the echo of the command and the last prompt, without what the pager wrote. */
export const answerIn = (screen: string, typed: string, pager: RegExp): string => {
  const echo = endOfEcho(screen, typed);
  const rest = screen.slice(Math.max(0, echo));
  const from = echo === -1 ? 0 : rest.indexOf('\n') + 1;
  const to = rest.lastIndexOf('\n') + 1;
  return rest.slice(from, Math.max(from, to)).replaceAll(pager, '');
};

/** Whatever waits for a person: a yes or no, or a password. Looked for at the end of the last line. */
const QUESTION =
  /(?:[([](?:y|yes)\s*(?:[/|,]|or)\s*(?:n|no)[)\]](?:\s*[([]\w*[)\]])?\s*[:?]?|(?:password|passphrase|passcode)[^:\n]*:|\?(?:\s*\[[^\]\n]*\])?:?|press [^\n]*(?:key|enter|return)[^\n]*)\s*$/i;

export const isQuestion = (line: string): boolean => QUESTION.test(line);
