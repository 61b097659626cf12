import { describe, expect, test } from 'vitest';
import {
  parseTree,
  passes,
  readCount,
  readIdentity,
  readRole,
  readValue,
  refusalIn,
} from '../../../src/trigger/ask/extract.js';
import { answerIn, endOfEcho, isQuestion, onScreen } from '../../../src/trigger/transport/shell-session.js';
import { ns } from '../../../src/model/time.js';

const jmes = (jmespath: string) => [{ jmespath }];
const regex = (pattern: string) => [{ regex: pattern, group: 1 }];

describe('an answer in XML', () => {
  const answer = `<?xml version="1.0"?>
    <response status="success"><result><group><local-info><state>active</state><n>007</n></local-info></group>
    <entry name="a"><up>yes</up></entry></result></response>`;
  const id = (expression: string) => readIdentity(jmes(expression), answer, {});

  test('is asked like JSON; attributes have an underscore, and numbers keep their zeros', () => {
    expect(id('response.result.group."local-info".state')).toBe('active');
    expect(id('response.result.group."local-info".n')).toBe('007');
    expect(id('response._status')).toBe('success');
  });
  test('has no list of one, but to_array makes it one', () => {
    expect(id('response.result.entry[].up')).toBeNull();
    expect(id('to_array(response.result.entry)[].up')).toBe('yes');
  });
  test.each([
    ['cut off', '<response><result><state>active</state>'],
    ['with entities of its own', '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'],
    ['that is a web page', '<html><body><br>Log in</body></html>'],
    ['empty', ''],
  ])('%s is not understood', (_, text) => expect(parseTree(text)).toBeUndefined());
});

describe('placeholders in a pattern stand for their value, literally', () => {
  const rows = 'Primary : FW, FG.1, HA cluster index = 1\nSecondary : FW, FGx1, HA cluster index = 0\n';
  const query = {
    run: 'x',
    timeout: ns(1),
    extract: regex(String.raw`^(\w+)\s*:\s*[^,]+,\s*{{identity}},`),
    words: {
      Primary: { role: 'active' as const, word: null },
      Secondary: { role: 'standby' as const, word: null },
    },
  };
  test('in a regular expression', () => {
    expect(readRole(query, rows, { identity: 'FG.1' })).toEqual({ role: 'active', raw: 'Primary' });
    expect(readRole(query, rows, { identity: 'FGx1' })).toEqual({ role: 'standby', raw: 'Secondary' });
  });
  test('in an expression of JMESPath', () => {
    const peers = JSON.stringify([
      { id: "o'neil", role: 'up' },
      { id: 'b', role: 'down' },
    ]);
    const rule = jmes("[?id=='{{identity}}'].role");
    expect(readIdentity(rule, peers, { identity: "o'neil" })).toBe('up');
    expect(readIdentity(rule, peers, { identity: 'none' })).toBeNull();
  });
  test('without a value are an error', () => expect(() => readRole(query, rows, {})).toThrow('{{identity}}'));
});

describe('a word is read whole, in any case', () => {
  const roleOf = (pattern: string, text: string) =>
    readRole(
      {
        run: 'x',
        timeout: ns(1),
        extract: regex(pattern),
        words: { ACTIVE: { role: 'active', word: null } },
      },
      text,
      {},
    );
  test.each([
    ['state: Active', { role: 'active', raw: 'Active' }],
    ['state: ACTIVE (since 3 days)', { role: 'active', raw: 'ACTIVE' }],
    ['"state":"active",', { role: 'active', raw: 'active' }],
    ['state: inactive', { role: 'unknown', raw: 'inactive' }],
    ['state: NON-ACTIVE', { role: 'unknown', raw: 'NON-ACTIVE' }],
    ['state: ACTIVE_ATTENTION', { role: 'unknown', raw: 'ACTIVE_ATTENTION' }],
    ['state: ACTIVE-hold', { role: 'unknown', raw: 'ACTIVE-hold' }],
    ['state: ACTIVE(!X) x', { role: 'unknown', raw: 'ACTIVE(!X)' }],
    ['state: ACTIVE! x', { role: 'unknown', raw: 'ACTIVE!' }],
  ])('%s', (text, reading) => expect(roleOf('state.*(ACTIVE)', text)).toEqual(reading));
  test('in a check, where a number may be without its unit', () => {
    expect(passes({ extract: regex('sync: (in)'), good: ['in'] }, 'sync: in-sync', {})).toBe(false);
    expect(passes({ extract: regex('flag (no)'), good: ['no'] }, 'flag NO', {})).toBe(true);
    expect(passes({ extract: regex(String.raw`load (\d+)`), matches: '[0-9]' }, 'load 7ms', {})).toBe(true);
    expect(passes({ extract: regex(String.raw`^(\w+)$`), matches: 'on|up' }, 'Up', {})).toBe(true);
  });
  test('and a count with a multiple is none', () => {
    expect(readCount(regex(String.raw`sessions: (\d+)`), 'sessions: 12, 3', {})).toBe(12);
    expect(readCount(regex(String.raw`sessions: (\d+)`), 'sessions: 12k', {})).toBeNull();
  });
});

test.each([
  ...['Unknown', 'UNKNOWN', 'N/A', 'n/a', 'NA', 'None', '(none)', '<null>', '-', '--', 'Not Specified'],
  ...['Not Available', 'To be filled by O.E.M.', 'Default string', 'System Serial Number', '0', '0000000000'],
  ...['00000000-0000-0000-0000-000000000000', '00:00:00:00:00:00', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'],
  ...['0123456789', '0x0000', '""', 'XXXXXXXXXX'],
])('%s is no identity', (text) => expect(readIdentity(regex('^id (.*)$'), `id ${text}`, {})).toBeNull());

test.each(['JAD00000002', '192.168.255.1', '007', 'Primary', 'FG200D', 'fade', 'a', 'i-0', 'NAA1', '00ff'])(
  '%s is one',
  (text) => expect(readIdentity(regex('^id (.*)$'), `id ${text}`, {})).toBe(text),
);

describe('an observer finds nothing', () => {
  const extract = jmes("list[?at=='b'].name");
  const shape = { jmespath: "type(list)=='array' && !(list[?!at])" };
  test.each([
    ['{"list":[{"at":"b","name":"x"}]}', 'x'],
    ['{"list":[{"at":"c","name":"x"}]}', 'none'],
    ['{"list":[]}', 'none'],
    ['{"list":[{"where":"b","name":"x"}]}', null],
    ['{"lists":[]}', null],
    ['{"error":"no"}', null],
    ['not JSON', null],
    ['', null],
  ])('in %s', (text, value) => expect(readValue({ extract, shape }, text, {})).toBe(value));
  test('and without a shape, it is not understood', () =>
    expect(readValue({ extract, shape: undefined }, '{"list":[]}', {})).toBeNull());
  test('where an empty list is a shape, and so is what a pattern finds', () => {
    expect(readValue({ extract, shape: { jmespath: 'list' } }, '{"list":[]}', {})).toBe('none');
    const lines = { extract: regex(String.raw`^via (\S+)$`), shape: regex('^(end) of table')[0]! };
    expect(readValue(lines, 'end of table', {})).toBe('none');
    expect(readValue(lines, 'table', {})).toBeNull();
  });
});

describe('a check', () => {
  const extract = regex(String.raw`^n (\S+)$`);
  test.each<[object, string, boolean]>([
    [{ good: ['up'] }, 'n up\nn up', true],
    [{ good: ['up'] }, 'n up\nn down', false],
    [{ good: ['up'] }, 'no words', false],
    [{ matches: String.raw`[1-9]\d*` }, 'n 100', true],
    [{ matches: String.raw`[1-9]\d*` }, 'n 0', false],
    [{ matches: '1' }, 'n 10', false],
    [{ good: ['-'], matches: String.raw`\d+` }, 'n -\nn 7', true],
    [{ good: ['up'] }, 'n up\r\nn up\r\n', true],
  ])('%j of %j: %s', (words, text, expected) =>
    expect(passes({ extract, ...words }, text, {})).toBe(expected),
  );
});

test('an identity is one word', () => {
  expect(readIdentity(regex('^id (.*)$'), 'id 7\nid 7', {})).toBe('7');
  expect(readIdentity(regex('^id (.*)$'), 'id 7\nid 8', {})).toBeNull();
});

test('a refusal is the line that matches', () => {
  expect(refusalIn(['^% ', 'Invalid'], 'ok\n% Ambiguous command\nok', {})).toBe('% Ambiguous command');
  expect(refusalIn(['^% '], '100 % sure', {})).toBeNull();
});

describe('what stands on a screen', () => {
  test.each([
    ['without colours', '\u001b[1;32mup\u001b[0m', 'up'],
    ['without a title', '\u001b]0;fw-a\u0007fw> ', 'fw>'],
    ['after a pager was wiped out', '--More--\r        \rrest', 'rest'],
    ['after letters were taken back', 'shwo\b\bow', 'show'],
    ['with one end of each line', 'a\r\r\nb\r\nc', 'a\nb\nc'],
  ])('%s', (_, raw, shown) => expect(onScreen(raw)).toBe(shown));

  test('an echo is found although it was wrapped, and not before it is whole', () => {
    expect(endOfEcho('fw> show very\nlong\n', 'show very long')).toBe(18);
    expect(endOfEcho('fw> show ve', 'show very long')).toBe(-1);
    expect(endOfEcho('sh show x', 'show x')).toBe(9);
  });

  test('the answer is what is between echo and prompt', () => {
    expect(answerIn('show x\nA\nB\nfw>', 'show x', /--More--/g)).toBe('A\nB\n');
    expect(answerIn('show x\nA\n--More--B\nfw>', 'show x', /--More--/g)).toBe('A\nB\n');
    expect(answerIn('show x\nfw>', 'show x', /--More--/g)).toBe('');
  });

  test.each([
    ['Continue? (y or n)', true],
    ['Do you want to continue? (y/n)', true],
    ['Proceed with reload? [confirm]', true],
    ['Reboot the system ? [yes,no] (no)', true],
    ['Reboot the system ? [yes,no]', true],
    ['Password:', true],
    ['Press any key to continue', true],
    ['Save? [yes/no]: ', true],
    ['State: active', false],
    ['lines of policy (yes)', false],
    ['fw-a>', false],
  ])('%s is a question: %s', (line, expected) => expect(isQuestion(line)).toBe(expected));
});
