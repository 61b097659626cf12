/*
 * What a device's terminal shows, from the bytes that it sends: control sequences, the echo of what was typed, and
 * which line is the last.
 */

const BELL = '\u0007';

// ECMA-48 §5.4 (CSI), §8.3.89 (OSC), and the short escapes of a VT100.
const ESCAPES =
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[()#][A-Za-z0-9]|[=>78cDEHMNOZ])/g;

/*
 * Everything here goes over a text once, however it is made: a device may send a megabyte of carriage returns.
 */

/** A carriage return alone goes back to the beginning of the line, and what follows covers what is there. */
const overlaid = (line: string): string => {
  if (!line.includes('\r')) return line;
  let shown = '';
  // From the last on: of each earlier one only the end can still be seen.
  for (const part of line.split('\r').reverse())
    if (part.length > shown.length) shown += part.slice(shown.length);
  return shown;
};

/** One letter less, be it of two code units. */
const shorter = (text: string): string =>
  text.slice(0, /[\uD800-\uDBFF][\uDC00-\uDFFF]$/.test(text.slice(-2)) ? -2 : -1);

const withoutBackspaces = (text: string): string => {
  const kept: string[] = [];
  for (const [index, part] of text.split('\b').entries()) {
    const last = index === 0 ? '' : (kept.pop() ?? '');
    const rest = last.endsWith('\n') ? last : shorter(last);
    if (rest !== '') kept.push(rest);
    if (part !== '') kept.push(part);
  }
  return kept.join('');
};

/** The text as it would stand on the screen, with line ends as `\n`. */
export const onScreen = (raw: string): string => {
  const text = raw.replaceAll(ESCAPES, '').replaceAll('\0', '').replaceAll(BELL, '');
  const erased = text.includes('\b') ? withoutBackspaces(text) : text;
  // Some devices end a line by CR CR LF: those cover nothing.
  return erased
    .split('\n')
    .map((line) => overlaid(line).trimEnd())
    .join('\n');
};

export const lastLine = (screen: string): string => screen.slice(screen.lastIndexOf('\n') + 1);

/** What a device may write before it has shown a typed line whole, and in it: log messages, wrapped lines. */
const ECHO_ROOM = 4096;

/** So much of the beginning of an answer is looked at for the echo. */
export const echoRoom = (typed: string): number => ECHO_ROOM + 2 * typed.length;

/**
 * Where the echo of a typed line ends; -1 if it has not been seen whole (within `echoRoom`). Blanks do not count, since
 * a device wraps a long line where it likes.
 */
export const endOfEcho = (screen: string, typed: string): number => {
  const wanted = typed.replaceAll(/\s/g, '');
  if (wanted === '') return 0;
  const places: number[] = [];
  let dense = '';
  for (const { 0: letter, index } of screen.slice(0, echoRoom(typed)).matchAll(/\S/g)) {
    places.push(index);
    dense += letter;
  }
  const found = dense.indexOf(wanted);
  return found === -1 ? -1 : (places[found + wanted.length - 1] ?? 0) + 1;
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
