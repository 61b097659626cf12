import { oneLine } from '../model/outside.js';

/** How many columns of a terminal a text takes; text from outside can be in any script. */

const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** East Asian wide and full-width blocks, and emoji (Unicode UAX #11), in the grain a table needs. */
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

const characterWidth = (character: string): number => {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
};

export const textWidth = (text: string): number =>
  Array.from(text).reduce((width, character) => width + characterWidth(character), 0);

/** Cut to a width, with an ellipsis where something was cut off. */
export const truncate = (text: string, width: number): string => {
  if (textWidth(text) <= width) return text;
  let kept = '';
  let room = width - 1;
  for (const character of text) {
    room -= characterWidth(character);
    if (room < 0) break;
    kept += character;
  }
  return `${kept}…`;
};

/** Broken between words so that no line is wider than `width`; later lines are indented by `indent` columns. */
export const wrap = (text: string, width: number, indent = 0): string[] => {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text).split(' ')) {
    const room = width - (lines.length === 0 ? 0 : indent);
    const longer = line === '' ? word : `${line} ${word}`;
    if (textWidth(longer) <= room || line === '') line = truncate(longer, room);
    else {
      lines.push(line);
      line = truncate(word, width - indent);
    }
  }
  lines.push(line);
  return lines.map((each, index) => (index === 0 ? each : ' '.repeat(indent) + each));
};
