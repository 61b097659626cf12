import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completeWords } from '../../../src/cli/complete/completion-words.js';
import { COMMANDS } from '../../../src/cli/commands.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-words-'));
  await mkdir(join(folder, 'results/fw-crash/20260131T235959Z-9.0'), { recursive: true });
  await writeFile(join(folder, 'results/fw-crash/20260131T235959Z-9.0/run.json'), '{}');
  for (const name of ['fw-crash.yaml', 'fw-crash.txt', '.hidden.yaml'])
    await writeFile(join(folder, name), '');
});
afterAll(() => rm(folder, { recursive: true }));

/** `@` stands for the folder of this test. */
const words = async (...given: string[]): Promise<string[]> =>
  (
    await completeWords(
      COMMANDS,
      given.map((word) => word.replace('@', folder)),
    )
  ).map(({ value }) => value.replace(folder, '@'));

describe('what may stand at the cursor', () => {
  test.each([
    [['re'], ['restore', 'report', 'reflect']],
    [['age'], []],
    [['--v'], ['--version']],
    [
      ['watch', 'st'],
      ['start', 'status', 'stop'],
    ],
    [['no-such-command', ''], []],
    [['constructor', ''], []],
    [['run', '@/f'], ['@/fw-crash.yaml']],
    [
      ['run', '@/fw-crash.yaml', '@/'],
      ['@/fw-crash.yaml', '@/results/'],
    ],
    [['run', '@/.'], ['@/.hidden.yaml']],
    [['run', '@/nowhere/'], []],
    [
      ['run', 'fw-crash.yaml', '--dr'],
      ['--dry-run', '--drivers'],
    ],
    [['run', 'fw-crash.yaml', '--dry-run', '--dr'], ['--drivers']],
    [['drivers', 'try', 'keepal'], ['keepalived']],
    [
      ['drivers', 'try', 'keepalived', '--host-key', ''],
      ['check', 'ignore'],
    ],
    [
      ['drivers', 'try', 'keepalived', '--key', '@/fw'],
      ['@/fw-crash.txt', '@/fw-crash.yaml'],
    ],
    [['run', '--label', ''], []],
    [['run', '--label', 'a=b', 'fw-crash.yaml', '--lab'], ['--label']],
    [['run', '-y', '@/fw'], ['@/fw-crash.yaml']],
    [['run', '--tu'], []],
    [
      ['analyze', '@/fw'],
      ['@/fw-crash.txt', '@/fw-crash.yaml'],
    ],
    [['report', '@/res'], ['@/results/']],
    [['report', '@/results/fw-crash/'], ['@/results/fw-crash/20260131T235959Z-9.0']],
    [['report', 'a', ''], []],
    [['compare', 'a', '@/results/fw-crash/'], ['@/results/fw-crash/20260131T235959Z-9.0']],
    [['trend', '--out', '@/results', ''], ['fw-crash']],
    [['gate', '--out', '@/results', '--scenario', 'fw'], ['fw-crash']],
    [['list', '--out', '@/nowhere', '--scenario', ''], []],
    [
      ['drivers', ''],
      ['list', 'show', 'test', 'try'],
    ],
    [
      ['drivers', 'show', 'pan'],
      ['panos-cli', 'panos'],
    ],
    [
      ['lab', 'power', ''],
      ['fw-a', 'fw-b'],
    ],
    [['lab', 'power', 'fw-a', 'c'], ['crash']],
    [
      ['lab', 'up', '--sync', ''],
      ['conntrackd', 'none'],
    ],
    [['init', 'v'], ['vyos']],
    [
      ['init', '--power', 'v'],
      ['virtualbox', 'vsphere'],
    ],
    [
      ['init', '--power=v'],
      ['--power=virtualbox', '--power=vsphere'],
    ],
    [
      ['init', '--power', '=', 'v'],
      ['virtualbox', 'vsphere'],
    ],
    [['init', '--action', '='], []],
    [['init', '--lab', 'vrrp-r'], ['vrrp-reboot']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
  ])('%j', async (given, expected) => {
    expect(await words(...given)).toEqual(expected);
  });
});

test('every command, with what it does', async () => {
  const all = await completeWords(COMMANDS, ['']);
  expect(all.map(({ value }) => value)).toEqual(
    Object.keys(COMMANDS).filter((name) => !['agent', 'watchdog'].includes(name)),
  );
  for (const { about } of all) expect(about).not.toBe('');
});
