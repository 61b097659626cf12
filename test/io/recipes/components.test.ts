import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { makeFilePair, privileged, type FilePair } from '../run/file-pair.js';
import { installProgram } from './installed.js';

/* What a CI's runner does with action.yml and the component: expressions are filled in, scripts are run by its shell. */

const root = join(import.meta.dirname, '../../..');

interface Action {
  readonly inputs: Readonly<Record<string, { readonly default?: string }>>;
  readonly runs: {
    readonly steps: readonly {
      readonly id: string;
      readonly run: string;
      readonly env: Readonly<Record<string, string>>;
    }[];
  };
}

let pair: FilePair;
beforeEach(async () => {
  pair = await makeFilePair({ extra: 'limits: { ping.longest: 3s }' });
  await installProgram(pair);
});
afterEach(() => pair.remove());

const inNamespace = (
  script: string,
  env: Readonly<Record<string, string>>,
): Promise<{ exitCode?: number; all?: string }> =>
  execa('unshare', ['--net', 'bash', '-c', `ip link set lo up\n${script}`], {
    env: { PATH: `${pair.dir}/bin:${process.env['PATH']}`, XDG_STATE_HOME: pair.dir, ...env },
    cwd: pair.dir,
    reject: false,
    all: true,
  });

const outputsIn = async (name: string): Promise<Record<string, string>> =>
  Object.fromEntries(
    (await pair.read(name)).split('\n').flatMap((line) => {
      const at = line.indexOf('=');
      return at < 0 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );

/** As GitHub runs a composite action, until a step fails. */
const runAction = async (
  given: Readonly<Record<string, string>>,
): Promise<{ code: number; said: string }> => {
  const action = parse(await readFile(join(root, 'action.yml'), 'utf8')) as Action;
  const known = new Map<string, string>();
  for (const [name, { default: value }] of Object.entries(action.inputs))
    known.set(`inputs.${name}`, given[name] ?? value ?? '');
  let said = '';
  for (const { id, run, env } of action.runs.steps) {
    const filled = Object.entries(env).map(([name, text]) => [
      name,
      text.replaceAll(/\$\{\{ ([\w.-]+) \}\}/g, (_, key: string) => known.get(key) ?? ''),
    ]);
    expect(run).not.toContain('${{');
    const { exitCode, all } = await inNamespace(`set -eo pipefail\n${run}`, {
      ...(Object.fromEntries(filled) as Record<string, string>),
      RUNNER_TEMP: pair.dir,
      GITHUB_OUTPUT: join(pair.dir, `output-${id}`),
      GITHUB_STEP_SUMMARY: join(pair.dir, 'summary'),
    });
    said += all ?? '';
    if (exitCode !== 0) return { code: exitCode ?? -1, said };
    const outputs = await outputsIn(`output-${id}`).catch(() => ({}));
    for (const [name, value] of Object.entries(outputs)) known.set(`steps.${id}.outputs.${name}`, value);
  }
  return { code: 0, said };
};

describe.runIf(privileged)('the action (needs root)', () => {
  test('measures, judges and sums up', async () => {
    const { code, said } = await runAction({
      scenario: pair.scenario,
      results: pair.out,
      'warm-up': '3',
    });
    expect(code, said).toBe(0);
    expect(await pair.read('summary')).toContain('learning');
    expect(await pair.read('seqgap-gate.xml')).toContain('<testsuite');
  });

  test('an executable that is not what its sum says is not started', async () => {
    const server = createServer((_, response) => response.end('#!/bin/sh\ntouch started\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/seqgap`;
    const sha256 = createHash('sha256').update('another').digest('hex');
    // Loaded in the namespace of this host.
    const action = parse(await readFile(join(root, 'action.yml'), 'utf8')) as Action;
    const script = action.runs.steps.find(({ id }) => id === 'program')?.run ?? '';
    const { exitCode } = await execa('bash', ['-eo', 'pipefail', '-c', script], {
      env: {
        EXECUTABLE: 'x',
        URL: url,
        SHA256: sha256,
        RUNNER_TEMP: pair.dir,
        GITHUB_OUTPUT: join(pair.dir, 'out'),
      },
      cwd: pair.dir,
      reject: false,
    });
    server.close();
    expect(exitCode).not.toBe(0);
    await expect(pair.read('started')).rejects.toThrow(/ENOENT/);
  });

  test('a scenario that is none ends it before anything is touched', async () => {
    await pair.write('broken.yaml', 'no: scenario\n');
    const { code } = await runAction({ scenario: join(pair.dir, 'broken.yaml'), results: pair.out });
    expect(code).toBe(64);
    expect(await pair.read('fw-a.role')).toBe('active\n');
  });
});

test.runIf(privileged)('the component does the same (needs root)', async () => {
  const [head, body] = parseAllDocuments(
    await readFile(join(root, 'templates/failover/template.yml'), 'utf8'),
  ).map((document) => document.toJS() as unknown) as unknown as [
    { readonly spec: { readonly inputs: Readonly<Record<string, { readonly default?: string }>> } },
    {
      readonly failover: {
        readonly variables: Readonly<Record<string, string>>;
        readonly script: readonly string[];
      };
    },
  ];
  const given: Record<string, string> = { scenario: pair.scenario, results: pair.out, 'warm-up': '3' };
  const filled = Object.entries(body.failover.variables).map(([name, text]) => [
    name,
    text.replaceAll(
      /\$\[\[ inputs\.([\w-]+) \]\]/g,
      (_, key: string) => given[key] ?? head.spec.inputs[key]?.default ?? '',
    ),
  ]);
  const script = `set -eo pipefail\n${body.failover.script.join('\n')}`;
  const { exitCode, all } = await inNamespace(script, Object.fromEntries(filled) as Record<string, string>);
  expect(exitCode, all).toBe(0);
  expect(await pair.read('gate.xml')).toContain('<testsuite');
});
