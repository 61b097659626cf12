import { afterEach, describe, expect, test } from 'vitest';
import { forgetSecrets, redact, registerSecret } from '../../../src/model/secret.js';
import { refuseSecret } from '../../../src/trigger/ask/bound.js';
import { commandLine, quoteWord } from '../../../src/trigger/transport/quote.js';
import { fill, placeholders } from '../../../src/trigger/transport/template.js';

afterEach(forgetSecrets);

describe('quoting', () => {
  test.each([
    ['plain', 'plain'],
    ['10.4.0.11:22', '10.4.0.11:22'],
    ['a b', "'a b'"],
    ['', "''"],
    ["it's", String.raw`'it'\''s'`],
    ['$(reboot)', "'$(reboot)'"],
    ['a;b', "'a;b'"],
  ])('%j', (word, quoted) => expect(quoteWord(word)).toBe(quoted));

  test('a shell line stays as it is', () => expect(commandLine('a | b')).toBe('a | b'));
});

describe('filling in', () => {
  const values = { node: 'fw-a', unit: 'x; reboot', seqgap: ['/usr/bin/node', '/opt/my tools/cli.js'] };

  test('a shell line quotes what needs it', () =>
    expect(fill('show {{node}} {{ unit }}', values)).toBe("show fw-a 'x; reboot'"));
  test('a shell line takes a list as words', () =>
    expect(fill('{{seqgap}} lab', values)).toBe("/usr/bin/node '/opt/my tools/cli.js' lab"));
  test('an argument vector takes values as they are, and a list as arguments', () =>
    expect(fill(['{{seqgap}}', '--unit={{unit}}'], values)).toEqual([
      '/usr/bin/node',
      '/opt/my tools/cli.js',
      '--unit=x; reboot',
    ]));
  test('values are not templates', () =>
    expect(fill('{{unit}}', { unit: '{{node}}', node: 'n' })).toBe("'{{node}}'"));
  test('an unknown name is an error with the nearest', () =>
    expect(() => fill('{{nod}}', values)).toThrow('no value for {{nod}}; did you mean "node"?'));
  test('prototype names are unknown too', () =>
    expect(() => fill('{{constructor}}', values)).toThrow('no value for {{constructor}}'));
  test('shell braces are no placeholders', () =>
    expect(placeholders("tr -d '{[' ${x} {{node}}")).toEqual(['node']));
});

test('a secret may not become visible in a process list', () => {
  registerSecret('s3cret');
  expect(() => refuseSecret(['curl', '-u', 'admin:s3cret'], 'trigger')).toThrow(
    'trigger: the command would show a secret in the process list',
  );
  expect(() => refuseSecret('curl -u admin', 'trigger')).not.toThrow();
});

const CANARIES = [`ca'nary`, 'ca"nary', 'ca\\nary', 'ca&nary', 'ca$nary', 'ca nary', ` ca'"\\&$<nary `];

describe.each(CANARIES)('the secret %j', (secret) => {
  const hidden = (text: string): void => {
    expect(text).toMatch(/ca.*nary/);
    expect(redact(text)).not.toMatch(/ca|nary/);
    expect(redact(text)).toContain('***');
  };

  test('is refused as an argument, within one, and in a shell line that has quoted it', () => {
    registerSecret(secret);
    for (const command of [
      [secret],
      ['curl', `--user=admin:${secret}`],
      `curl -u ${quoteWord(`admin:${secret}`)}`,
    ])
      expect(() => refuseSecret(command, 'trigger')).toThrow('would show a secret');
  });

  test('is not to be read in quotes, in JSON, in XML, in a URL', () => {
    registerSecret(secret);
    hidden(secret);
    hidden(commandLine(['login', secret]));
    hidden(commandLine(['login', `--password=${secret}`]));
    hidden(commandLine(['sh', '-c', commandLine(['login', secret])]));
    hidden(JSON.stringify({ secret }));
    hidden(JSON.stringify({ line: commandLine(['login', secret]) }));
    hidden(encodeURIComponent(secret));
    hidden(new URLSearchParams({ secret }).toString());
    const element = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    hidden(`<password>${element}</password>`);
    for (const apostrophe of ["'", '&apos;', '&#39;', '&#x27;'])
      hidden(`<set password="${element.replaceAll('"', '&quot;').replaceAll("'", apostrophe)}"/>`);
  });
});
