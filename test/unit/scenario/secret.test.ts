import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/model/error.js';
import { forgetSecrets, redact } from '../../../src/model/secret.js';
import { loadScenario } from '../../../src/scenario/load.js';
import { describePlan } from '../../../src/scenario/words.js';
import { loaded, MINIMAL, written } from './written.js';

afterEach(forgetSecrets);

const withNode = (password: string): string =>
  `${MINIMAL}nodes: { fw-a: { driver: keepalived, ssh: { host: fw-a, user: root, password: '${password}' } } }\n`;

const messageFrom = async (load: Promise<unknown>): Promise<string> => {
  try {
    await load;
  } catch (error) {
    return messageOf(error);
  }
  throw new Error('the scenario was accepted');
};

test('a variable of the environment is put in and never printed', async () => {
  const { scenario } = await loaded(withNode('${env:FW_PASSWORD}'), { env: { FW_PASSWORD: 'hun"ter\\2 é' } });
  expect(scenario.nodes[0]?.ssh?.password).toBe('hun"ter\\2 é');
  const dump = redact(JSON.stringify(scenario, null, 2));
  expect(dump).toContain('"password": "***"');
  expect(dump).not.toMatch(/hun|ter/);
});

test('a file beside the scenario is put in, without its last line end', async () => {
  const file = await written(withNode('${file:password.txt}'));
  await writeFile(join(dirname(file), 'password.txt'), 'hunter2 \r\n');
  const { scenario } = await loadScenario(file, { env: {} });
  expect(scenario.nodes[0]?.ssh?.password).toBe('hunter2 ');
  expect(redact('tried hunter2 in vain')).toBe('tried ***in vain');
});

test('references stand within a text, more than one of them, and "$${" is a literal "${"', async () => {
  const { scenario } = await loaded(
    MINIMAL.replace('action: manual', () => "action: exec, command: 'login ${env:A}:${env:B} $${HOME}'"),
    { env: { A: 'alpha', B: '$${env:A}' } },
  );
  expect(scenario.trigger.command).toBe('login alpha:$${env:A} ${HOME}');
});

test('what comes in by a reference is not read for references again', async () => {
  const { scenario } = await loaded(withNode('${env:A}'), { env: { A: '${env:B}', B: 'never' } });
  expect(scenario.nodes[0]?.ssh?.password).toBe('${env:B}');
});

test.each([
  ['${env:NONE}', /:6:\d+: nodes\.fw-a\.ssh\.password: the environment variable NONE is not set$/],
  ['${env:EMPTY}', /the environment variable EMPTY is empty$/],
  ['${file:none.txt}', /:6:\d+: nodes\.fw-a\.ssh\.password: cannot read none\.txt: no such file \(/],
  ['${file:.}', /is a directory$/],
  ['${vault:x}', /"\$\{vault:x\}" is neither \$\{env:NAME\} nor \$\{file:PATH\}/],
  ['${env:NONE', /is never closed/],
])('%s is a located error', async (reference, message) => {
  await expect(loaded(withNode(reference), { env: { EMPTY: '' } })).rejects.toThrow(message);
});

test('a secret written into the scenario is refused without being repeated', async () => {
  const message = await messageFrom(loaded(withNode('hunter2')));
  expect(message).toMatch(/password: a secret may not stand in the scenario/);
  expect(message).not.toContain('hunter2');
});

test('a value of up to three characters is not masked, and no password', async () => {
  await loaded(MINIMAL.replace('action: manual', "action: exec, command: 'login ${env:A}'"), {
    env: { A: '1' },
  });
  expect(redact('1.01 s, 11 of 12')).toBe('1.01 s, 11 of 12');
  await expect(loaded(withNode('${env:A}'), { env: { A: 'abc' } })).rejects.toThrow(
    /nodes\.fw-a\.ssh\.password: is shorter than 4 characters/,
  );
  const { scenario } = await loaded(withNode('${env:A}'), { env: { A: 'abcd' } });
  expect(redact(`with ${scenario.nodes[0]?.ssh?.password}`)).toBe('with ***');
});

describe('where a secret could slip out', () => {
  test('the longer of two secrets that begin alike', async () => {
    await loaded(withNode('${env:A}${env:B}'), { env: { A: 'hunt', B: 'hunter2' } });
    expect(redact('hunter2 hunt')).toBe('*** ***');
  });

  test('a line of the plan that is broken in the middle of it', async () => {
    const secret = 'correct horse battery staple';
    const command = "action: exec, command: 'login with ${env:A} and ${env:A} and ${env:A} and ${env:A}'";
    const { scenario } = await loaded(MINIMAL.replace('action: manual', command), { env: { A: secret } });
    const plan = describePlan(scenario);
    expect(plan).toContain('***');
    expect(plan).not.toMatch(/correct|horse|battery|staple/);
  });

  test('a prefix that would be cut at its blanks', async () => {
    const text = `${MINIMAL}vantages: { pod: { exec: 'login \${env:A} --' } }\n`;
    const message = await messageFrom(loaded(text, { env: { A: 'two words' } }));
    expect(message).toMatch(/vantages\.pod\.exec: a secret in it has a blank/);
    expect(message).not.toMatch(/two words/);
  });

  test('a private key where its path belongs', async () => {
    const text = withNode('${env:A}').replace('password', 'key');
    const message = await messageFrom(
      loaded(text, { env: { A: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blbn' } }),
    );
    expect(message).toMatch(/nodes\.fw-a\.ssh\.key: is the path of a key file, not the key itself$/);
  });
});
