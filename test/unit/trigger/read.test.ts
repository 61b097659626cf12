import { describe, expect, test } from 'vitest';
import { parseTree, passes, readIdentity, readRole, refusalIn } from '../../../src/trigger/ask/extract.js';
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
