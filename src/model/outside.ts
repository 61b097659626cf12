import { redact } from './secret.js';

/*
 * Words from outside: what a device, a server, a log, a stored run, a file's name or the environment says. Whoever shows
 * them makes them plain first, so that they can be read and do nothing else: move the cursor, run backwards, begin a line
 * of their own, or give an order to the CI that reads the line.
 */

/** C0, C1 and DEL (ECMA-48), and what Unicode ends a line and a paragraph with. */
const CONTROLS = /[\p{Cc}\u2028\u2029]+/gu;
/** But for tabs and line ends. */
const CONTROLS_IN_LINES = /(?:(?!\r\n)[^\P{Cc}\n\t]|[\u2028\u2029])+/gu;

/**
 * Invisible signs that turn or hide what stands beside them (Unicode's category Cf: U+202A–E, U+2066–9, U+200E/F, tags, …).
 * Not those that words of some scripts need: joiners, and the numbers signs of Arabic, which are visible.
 */
const INVISIBLE = /(?!\u200c|\u200d|[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2])\p{Cf}/gu;

/** Where an invisible sign was. */
const SHOWN = '\ufffd';

/**
 * Azure DevOps, TeamCity and the older form of GitHub's commands are found anywhere in a line
 * (azure-pipelines-agent, Command.cs; actions/runner, ActionCommand.cs).
 */
const MARKED_COMMAND = /##(?=(?:vso|teamcity)?\[)/gi;

/** GitHub looks for `::name …::` behind blanks at the beginning of a line. An IPv6 address may begin like it: `::1`. */
const LINE_COMMAND =
  /^([^\S\n]*):(?=:(?!(?:[\da-f]{1,4}:){0,6}(?:[\da-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?:[\s/,.;%)\]]|$)))/gim;

/** Nothing else that a CI takes for a command: `::error::` becomes `: :error::`. */
const withoutLineCommands = (text: string): string =>
  text.replace(LINE_COMMAND, (_whole, blanks: string) => `${blanks}: `);

const plain = (text: string, controls: RegExp): string =>
  text.toWellFormed().replace(controls, ' ').replace(INVISIBLE, SHOWN).replace(MARKED_COMMAND, '# #');

/** On one line, for a cell or a sentence. Secrets are masked before anything is cut off or broken into lines. */
export const oneLine = (text: string): string => plain(redact(text), CONTROLS).trim();

/** One line of at most `most` characters (UTF-16 units), for an error that quotes what somebody else said. */
export const brief = (text: string, most = 300): string => {
  const line = oneLine(text);
  return line.length <= most ? line : `${line.slice(0, most - 1).toWellFormed()}…`;
};

/** The same for a text of several lines, which may stand in one place: it does not begin a line of a log. */
export const plainText = (text: string): string => plain(redact(text), CONTROLS_IN_LINES);

/** The same for lines of a terminal or a log. */
export const plainLines = (text: string): string => withoutLineCommands(plainText(text));

/** The same for a document of words that are plain already; secrets in it were masked word by word. */
export const plainDocument = (text: string): string => withoutLineCommands(plain(text, CONTROLS_IN_LINES));

const escapedUnits = (sign: string): string =>
  Array.from(
    { length: sign.length },
    (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`,
  ).join('');

/** JSON of the same value that shows as it is: JSON itself escapes C0 alone (RFC 8259 §7). */
export const plainJson = (json: string): string =>
  json
    .replace(/[\u007f-\u009f\u2028\u2029]/g, escapedUnits)
    .replace(INVISIBLE, escapedUnits)
    .replace(MARKED_COMMAND, String.raw`#\u0023`);
