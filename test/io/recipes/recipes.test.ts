import { existsSync } from 'node:fs';
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { commandLine } from '../../../src/cli/main.js';
import { metricsOf } from '../../../src/report/text/metrics.js';
import { fullInput } from '../../golden/report/input.js';
import { makeFilePair, privileged, type FilePair } from '../run/file-pair.js';
import { installProgram } from './installed.js';

const root = new URL('../../../', import.meta.url).pathname;
const recipes = join(root, 'docs/recipes');
const read = (name: string): Promise<string> => readFile(join(recipes, name), 'utf8');
const installed = (program: string): boolean => existsSync(`/usr/bin/${program}`);

let pair: FilePair | null = null;
afterEach(async () => {
  await pair?.remove();
  pair = null;
});

describe.runIf(privileged)('nightly.sh (needs root)', () => {
  test('measures two nights, judges the second by the first, and exports', async () => {
    pair = await makeFilePair({ extra: 'limits: { ping.longest: 3s }' });
    const { dir } = pair;
    await installProgram(pair);
    await writeFile(join(dir, 'file-pair.yaml'), await pair.read('scenario.yaml'));
    const env = { PATH: `${dir}/bin:${process.env['PATH']}`, XDG_STATE_HOME: dir, TEXTFILE_DIR: dir };
    const night = `ip link set lo up && ${recipes}/nightly.sh ${dir}/file-pair.yaml ${dir}`;
    const first = await execa('unshare', ['--net', '--mount', 'sh', '-c', night], { env, reject: false });
    // Of one night alone nothing can be said but what its limits say.
    expect(first.exitCode, first.stderr).toBeLessThanOrEqual(2);
    // The first night moved the roles; its undo is not a failback.
    await pair.write('fw-a.role', 'active\n');
    await pair.write('fw-b.role', 'standby\n');
    const second = await execa('unshare', ['--net', '--mount', 'sh', '-c', night], { env, reject: false });
    expect(second.exitCode, second.stderr).toBeLessThanOrEqual(2);
    expect(await pair.read('gate.xml')).toContain('<testsuite');
    expect(await pair.read('gate.md')).toContain('file-pair');
    expect(await pair.read('seqgap.prom')).toContain('seqgap_outage_seconds{scenario="file-pair"');
    expect((await readdir(join(pair.out, 'file-pair'))).filter((name) => /^\d{8}T/.test(name))).toHaveLength(
      2,
    );
  });
});

test.skipIf(!installed('shellcheck'))(
  'shellcheck finds nothing (skipped where it is not installed)',
  async () => {
    await execa('shellcheck', [join(recipes, 'nightly.sh')]);
  },
);

test.skipIf(!installed('systemd-analyze'))(
  'systemd takes the units (skipped where it is not installed)',
  async () => {
    const units = ['seqgap-nightly.service', 'seqgap-nightly.timer'].map((name) => join(recipes, name));
    const { all } = await execa('systemd-analyze', ['verify', '--man=no', ...units], {
      all: true,
      reject: false,
    });
    const own = all.split('\n').filter((line) => /seqgap/.test(line));
    // It is installed on the jump host, not here.
    expect(own.filter((line) => !/nightly\.sh is not executable/.test(line))).toEqual([]);
  },
);

test('the crontab has five fields and the job', async () => {
  const lines = (await read('crontab')).split('\n').filter((line) => line !== '' && !/^(#|\w+=)/.test(line));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^([\d*/,-]+ ){5}\/\S+\/nightly\.sh \S+ \S+$/);
});

/** Every `seqgap …` of a recipe, with what a shell would make of its variables. */
const commandsIn = (text: string): string[][] =>
  text
    .split('\n')
    .filter((line) => !/^\s*(#|\/\/|\*)/.test(line))
    .flatMap((line) => [
      ...line.matchAll(
        /\bseqgap ((?:run|check|gate|export|report|compare) [^'|>&\n]*?)(?=\s*(?:\|\||>|'|;|$))/g,
      ),
    ])
    .map(([, words = '']) =>
      words
        .replaceAll('"', '')
        .replaceAll(/\$\{?\w+\}?/g, 'x')
        .trim()
        .split(/\s+/),
    );

test.each(['nightly.sh', 'gitlab-ci.yml', 'github-actions.yml', 'Jenkinsfile'])(
  'the commands in %s are such',
  async (name) => {
    const commands = commandsIn(await read(name));
    expect(commands.length).toBeGreaterThanOrEqual(2);
    for (const words of commands) {
      const parser = await commandLine(words);
      // Parsed as far as the handler, which is not to run.
      await parser
        .middleware(() => Promise.reject(new Error('parsed')), false)
        .parseAsync()
        .then(
          () => expect.unreachable(),
          (error: unknown) => expect((error as Error).message, words.join(' ')).toBe('parsed'),
        );
    }
  },
);

test.each(['gitlab-ci.yml', 'github-actions.yml', 'kubernetes.yaml'])(
  '%s is YAML, without a key twice',
  async (name) => {
    const documents = parseAllDocuments(await read(name), { uniqueKeys: true });
    expect([documents].flat().flatMap(({ errors }) => errors)).toEqual([]);
  },
);

test('the objects for Kubernetes name each other', async () => {
  const objects = [parseAllDocuments(await read('kubernetes.yaml'))]
    .flat()
    .map((document) => document.toJS() as { kind: string; metadata: { name: string; namespace: string } });
  expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
    'ServiceAccount seqgap',
    'Role seqgap',
    'RoleBinding seqgap',
    'PersistentVolumeClaim results',
    'Deployment prober-inside',
    'CronJob failover',
  ]);
  const text = JSON.stringify(objects.at(-1));
  for (const part of [
    '"serviceAccountName":"seqgap"',
    '"claimName":"results"',
    '"concurrencyPolicy":"Forbid"',
    '"backoffLimit":0',
  ])
    expect(text).toContain(part);
});

test('the dashboard asks for metrics and labels that there are', async () => {
  interface Dashboard {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
    readonly templating: { readonly list: readonly { readonly definition?: string }[] };
  }
  const dashboard = JSON.parse(await read('grafana.json')) as Dashboard;
  const phases = [
    {
      ...fullInput.tables.trials[0],
      step: 1,
      name: 'detection',
      until: '',
      start_s: 0,
      lo_s: 1,
      length_s: 1,
      hi_s: 1,
      share: 1,
      status: 'ok',
    },
  ];
  const input = { ...fullInput, tables: { ...fullInput.tables, phases } } as typeof fullInput;
  const known = new Map(
    metricsOf([input]).map(({ name, samples }) => [
      name,
      new Set(samples.flatMap(({ labels }) => Object.keys(labels))),
    ]),
  );
  const expressions = [
    ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    ...dashboard.templating.list.flatMap(({ definition }) => definition ?? []),
  ];
  expect(expressions.length).toBeGreaterThan(8);
  for (const expression of expressions) {
    for (const [, name = '', selectors = ''] of expression.matchAll(/(seqgap_\w+)\{?([^}]*)\}?/g)) {
      expect([...known.keys()], expression).toContain(name);
      for (const [, label = ''] of selectors.matchAll(/(\w+)\s*=~?"/g))
        expect(known.get(name)).toContain(label);
    }
  }
});
