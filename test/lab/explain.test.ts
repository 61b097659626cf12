import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect } from 'vitest';
import { readTransitions, type Transition } from '../../src/lab/ground/transitions.js';
import { measuring } from '../measuring.js';
import { distPath, labObstacle, openTool } from './lab-kit.js';

const obstacle = labObstacle();

const REPEAT = 2;
const SCENARIO = 'scenarios/lab/cloud-ip-quick.yaml';
/** How far ahead the clock of the second pair of logs is. */
const AHEAD_S = 2.3;
/** The anchor of a trial is good to a millisecond and the time it took to read it. */
const ANCHOR_S = 0.003;

interface Happening {
  readonly lo_s: number | null;
  readonly hi_s: number | null;
  readonly kind: string;
  readonly subject: string | null;
  readonly value: string | null;
  readonly clock: string | null;
}

interface Document {
  readonly outages: readonly {
    readonly trial: number;
    readonly outage_s: number;
    readonly links: readonly { readonly name: string; readonly length_s: number | null }[];
    readonly longest: readonly string[];
    readonly happenings: readonly Happening[];
  }[];
  readonly clocks: readonly {
    readonly clock: string;
    readonly state: string;
    readonly ahead_lo_s: number | null;
    readonly ahead_hi_s: number | null;
  }[];
}

/** What keepalived would have written of the true roles, by a clock that is so far ahead. */
const logOf = (node: string, truth: readonly Transition[], ahead_s: number): string =>
  truth
    .filter(({ what, subject, value }) => what === 'role' && subject === node && value === 'active')
    .map(({ before }) => {
      const stamp = new Date((before + ahead_s) * 1000).toISOString();
      return `${stamp} ${node} Keepalived_vrrp[1]: (VI_1) Entering MASTER STATE\n`;
    })
    .join('');

/** Epoch seconds of the trigger of each trial, as the timeline has it. */
const triggersIn = async (run: string): Promise<ReadonlyMap<string, number>> => {
  const [head = '', ...lines] = (await readFile(join(run, 'timeline.csv'), 'utf8')).trim().split('\r\n');
  const columns = head.split(',');
  const cell = (line: string, name: string): string => line.split(',')[columns.indexOf(name)] ?? '';
  return new Map(
    lines
      .filter((line) => cell(line, 'milestone') === 'trigger-issued')
      .map((line) => [cell(line, 'trial'), Date.parse(cell(line, 'at_utc')) / 1000]),
  );
};

/** In the words of the lab's own account; null: it gives none of this. */
const trueOf = (
  { kind, subject, value, clock }: Happening,
  truth: readonly Transition[],
): readonly Transition[] | null => {
  if (kind === 'role' && clock !== null)
    return truth.filter((each) => each.what === 'role' && each.subject === subject && each.value === value);
  if (kind === 'seen' && subject?.startsWith('10.') === true)
    return truth.filter((each) => each.what === 'owner' && each.subject === subject && each.value === value);
  return null;
};

describe.skipIf(obstacle !== null)(`a chain in the lab cloud-ip ${obstacle ?? ''}`, () => {
  const test = measuring(async (folder) => {
    const tool = openTool();
    try {
      const { stdout } = await execa(
        process.execPath,
        [distPath('cli.js'), 'run', SCENARIO, '--repeat', String(REPEAT), '--json', '--out', folder],
        { reject: false, stderr: 'inherit', env: tool.env },
      );
      const { trials } = JSON.parse(stdout) as { readonly trials: readonly { readonly run: string }[] };
      const run = join(folder, 'lab-cloud-ip-quick', trials[0]?.run ?? '');
      const truth = await readTransitions(join(run, 'transitions.jsonl'));
      const explain = async (ahead_s: number): Promise<Document> => {
        const logs = await Promise.all(
          ['fw-a', 'fw-b'].map(async (node) => {
            const file = join(folder, `${node}-${ahead_s}.log`);
            await writeFile(file, logOf(node, truth, ahead_s));
            return ['--log', `${node}=${file}`];
          }),
        );
        return JSON.parse(await tool.run('explain', run, '--json', ...logs.flat())) as Document;
      };
      return {
        truth,
        triggers: await triggersIn(run),
        right: await explain(0),
        ahead: await explain(AHEAD_S),
      };
    } finally {
      await tool.dispose();
    }
  });

  test('puts what logs tell where it truly was', ({ measured: { truth, triggers, right } }) => {
    for (const { ahead_lo_s, ahead_hi_s, state } of right.clocks) {
      expect(state).toBe('placed');
      expect(ahead_lo_s).toBeLessThanOrEqual(0);
      expect(ahead_hi_s).toBeGreaterThanOrEqual(0);
    }
    let held = 0;
    for (const { trial, happenings } of right.outages) {
      // What is told is told from the first loss on, the trigger too: the timeline's first loss may be a reply that was late.
      const before_s = happenings.find(({ kind }) => kind === 'trigger')?.lo_s ?? NaN;
      const loss = (triggers.get(String(trial)) ?? NaN) - before_s;
      for (const happening of happenings) {
        const known = trueOf(happening, truth);
        if (known === null) continue;
        const [from, to] = [loss + (happening.lo_s ?? -Infinity), loss + (happening.hi_s ?? Infinity)];
        const isHeld = known.some(({ after, before }) => before >= from - ANCHOR_S && after <= to + ANCHOR_S);
        expect(isHeld, JSON.stringify({ happening, known, loss })).toBe(true);
        held += 1;
      }
    }
    expect(held).toBeGreaterThanOrEqual(5 * REPEAT);
  });

  test('has links that add up to each outage', ({ measured: { right } }) => {
    expect(right.outages).toHaveLength(REPEAT);
    for (const { links, outage_s } of right.outages)
      expect(links.reduce((sum, { length_s }) => sum + (length_s ?? 0), 0)).toBeCloseTo(outage_s, 4);
  });

  test('does not believe a log whose clock the node itself contradicts', ({ measured: { ahead } }) => {
    expect(ahead.clocks.map(({ state }) => state)).toEqual(['contradicted', 'contradicted']);
    const told = ahead.outages.flatMap(({ happenings }) => happenings.filter(({ clock }) => clock !== null));
    expect(told).toEqual([]);
  });
});
