import { afterEach, describe, expect, test } from 'vitest';
import { redactedJson } from '../../../src/model/json.js';
import { brief, oneLine, plainDocument, plainLines } from '../../../src/model/outside.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { jsonMarkup, tag } from '../../../src/report/html/markup.js';
import { suiteXml } from '../../../src/report/text/junit-suite.js';
import { section, table, text as column } from '../../../src/report/sections.js';
import { markdownReport } from '../../../src/report/text/markdown.js';
import { createColors } from '../../../src/report/paint.js';
import { terminalOn } from '../../../src/terminal.js';

afterEach(forgetSecrets);

/** C0, DEL, C1, and signs that turn the direction, hide, or end a line. */
const HOSTILE =
  '\u001b[2J\u001b]0;TITLE\u0007\u007f\u009b2J\u0085\u202eabc\u2066\u200e\u061c\u2028\u{e0041}\ufeff\b\r\n::error::x';
const UNWANTED =
  // oxlint-disable-next-line no-control-regex -- these are the characters to be found
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]|\r(?!\n)/u;

const onTerminal = (isTTY: boolean, use: (terminal: ReturnType<typeof terminalOn>) => void): string => {
  let out = '';
  const stream = { isTTY, columns: 80, rows: 24, write: (text: string) => Boolean((out += text)) };
  use(terminalOn(stream as unknown as NodeJS.WriteStream));
  return out;
};
const written = (text: string): string => onTerminal(false, ({ write }) => write(text));

describe('words from outside', () => {
  test('stand on one line as they can be read, with a mark where something invisible was', () => {
    expect(oneLine(' a\r\nb\u001b[0m\tc\u2028d ')).toBe('a b [0m c d');
    expect(oneLine('ac\u202etive')).toBe('ac\ufffdtive');
    expect(oneLine(HOSTILE)).not.toMatch(UNWANTED);
    expect(oneLine('\ud800')).toBe('\ufffd');
  });

  test('keep what their scripts need', () => {
    for (const word of ['größer', '連接', 'مرحبا', 'می‌خواهم', '👩‍💻', 'e\u0301'])
      expect(oneLine(word)).toBe(word);
  });

  test('are cut when secrets are masked, not before', () => {
    registerSecret('hunter2-hunter2');
    expect(brief('the password hunter2-hunter2 is wrong', 20)).toBe('the password *** is…');
    expect(brief('short')).toBe('short');
  });
});

describe('what a CI would take for an order', () => {
  test.each([
    ['::stop-commands::zz', ': :stop-commands::zz'],
    ['a\n  ::error file=x::y', 'a\n  : :error file=x::y'],
    ['a\r::add-mask::y', 'a ::add-mask::y'],
    ['\u001b[0m::set-output name=x::y', ' [0m::set-output name=x::y'],
    ['\u0000::debug::y', ' : :debug::y'],
    ['\u200b::error::y', '\ufffd::error::y'],
    ['x ##[error]y', 'x # #[error]y'],
    ['x ##vso[task.complete result=Failed]', 'x # #vso[task.complete result=Failed]'],
    ["##TeamCity[buildStatus status='FAILURE']", "# #TeamCity[buildStatus status='FAILURE']"],
  ])('%j is none any more', (text, plain) => expect(written(text)).toBe(plain));

  test.each([
    '::1 is up',
    '::',
    '::ffff:192.0.2.1: refused',
    '[::1]:22',
    'a::b',
    '## Title',
    'std::vector::x',
  ])('%j stays', (text) => expect(written(text)).toBe(text));

  test('is our own alone', () => {
    const commands = '::error title=a::##vso[x] \u001b]0;x\u0007 of a device\n::notice::b\n';
    const out = onTerminal(false, ({ writeCommands }) => writeCommands(commands));
    expect(out).toBe('::error title=a::# #vso[x]  ]0;x  of a device\n::notice::b\n');
  });
});

describe('a terminal', () => {
  test('shows our colours, and none of a device', () => {
    const { red } = createColors(true);
    const device = '\u001b[32mup\u001b[39m\u001b[8mhidden';
    expect(written(`${red('down')} ${red(device)} ${device}`)).toBe(
      '\u001b[31mdown\u001b[39m \u001b[31m [32mup [39m [8mhidden\u001b[39m  [32mup [39m [8mhidden',
    );
    expect(createColors(false).red('down')).toBe('down');
  });

  test('shows neither secrets nor control characters, however it is written to', () => {
    registerSecret('hunter2-hunter2');
    const text = `${HOSTILE} ${Buffer.from('me:hunter2-hunter2').toString('base64')} HUNTER2-hunter2\n`;
    for (const way of ['write', 'writeCommands'] as const) {
      const out = onTerminal(true, (terminal) => terminal[way](text));
      expect(out).not.toMatch(UNWANTED);
      expect(out).not.toMatch(/hunter2|aHVudGVy/i);
    }
    expect(onTerminal(true, ({ writeDocument }) => writeDocument(HOSTILE))).not.toMatch(UNWANTED);
    expect(onTerminal(true, ({ writeDocument }) => writeDocument('a,b\r\n"c\nd"\r\n'))).toBe(
      'a,b\r\n"c\nd"\r\n',
    );
  });

  test('has a live picture where it is one, of plain words', () => {
    let drawn = '';
    const create = (() =>
      Object.assign((text: string) => void (drawn = text), { clear: () => {}, done: () => {} })) as never;
    onTerminal(true, (terminal) => terminal.live(create)?.draw(`up ${HOSTILE}`));
    expect(drawn).toMatch(/^up /);
    expect(drawn).not.toMatch(UNWANTED);
    onTerminal(false, (terminal) => expect(terminal.live(create)).toBeNull());
  });
});

describe('documents', () => {
  test('JSON says the same, in signs that show', () => {
    registerSecret('hunter2-hunter2');
    const value = { a: HOSTILE, b: ['##[error]', 1234], c: 'x hunter2-hunter2' };
    const text = redactedJson(value, 2);
    expect(text).not.toMatch(UNWANTED);
    expect(text).not.toContain('##[');
    expect(JSON.parse(text)).toEqual({ ...value, c: 'x ***' });
    expect(plainDocument(text)).toBe(text);
    expect(redactedJson({ apiKey: 'never registered', password: null })).toBe(
      '{"apiKey":"***","password":null}',
    );
  });

  test('a secret that looks like a figure does not tear one apart', () => {
    registerSecret('1234');
    expect(
      onTerminal(false, ({ writeDocument }) => writeDocument(redactedJson({ n: 1234, t: 'is 1234' }))),
    ).toBe('{"n":1234,"t":"is ***"}');
  });

  test('HTML, XML and Markdown keep a word within its place', () => {
    registerSecret('hunter2-hunter2');
    const word = `${HOSTILE} <img src=x onerror=1> | \`b\` [l](javascript:1) ![i](http://x) hunter2-hunter2`;
    const html =
      tag`<p title="${word}">${word}</p>`.markup + jsonMarkup({ word: `${word}</script><!--` }).markup;
    const cells = table([word], [column('a', (cell) => cell)]);
    const markdown = markdownReport('', [section('', cells)])
      .trim()
      .split('\n')
      .slice(-3)
      .join('\n');
    const xml = suiteXml({
      name: word,
      timestamp: word,
      hostname: word,
      properties: [[word, `${word}\ufffe\uffff]]>`]],
      cases: [{ name: word, outcome: 'fail', text: word }],
      said: word,
    });
    for (const text of [html, markdown, xml]) {
      expect(text).not.toMatch(UNWANTED);
      expect(text).not.toMatch(/\ufffe|\uffff/);
      expect(text).not.toContain('<img');
      expect(text).not.toContain('hunter2');
    }
    expect(html.match(/<\/?script/g)).toBeNull();
    expect(markdown.split('\n')).toHaveLength(3);
    expect(markdown.split('\n')[2]).toMatch(/^\| .*\\\| .*\\`b\\`.*\\\[l\\\]\(.* \|$/);
  });
});

test('lines of a text stay, so that the places of several problems do', () =>
  expect(plainLines('a.yaml:1:2: x\na.yaml:3:4:\ty')).toBe('a.yaml:1:2: x\na.yaml:3:4:\ty'));
