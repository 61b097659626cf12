import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { labEnvironment, newNamespaces } from '../../src/lab/enter.js';
import type { SwitchInstant } from '../../src/lab/gate.js';
import type { GateOutage } from '../../src/lab/gate-topology.js';
import { truthOutage, type TruthGap } from '../../src/lab/truth.js';
import { labObstacle, modulePath } from './lab-kit.js';

const obstacle = labObstacle();
const LENGTH_MS = 200;
const KINDS: readonly GateOutage[] = ['drop', 'drop-forward', 'drop-reverse', 'reject'];
const ROUNDS = 3;

/** Runs in namespaces of its own: makes outages while the witness watches, and prints what both say. */
const PROGRAM = `
import { setTimeout as sleep } from 'node:timers/promises';
const { systemClock } = await import('${modulePath('clock.js')}');
const { Gate } = await import('${modulePath('lab/gate.js')}');
const { startWitness } = await import('${modulePath('lab/witness.js')}');
const { readTruth } = await import('${modulePath('lab/truth.js')}');
const { labPaths } = await import('${modulePath('lab/place.js')}');
const gate = await Gate.build(systemClock);
await startWitness();
await sleep(1000);
const made = [];
for (let round = 0; round < ${ROUNDS}; round++)
  for (const kind of ${JSON.stringify(KINDS)}) {
    const wall_s = Date.now() / 1e3;
    const cut = await gate.cut(kind);
    await sleep(${LENGTH_MS});
    made.push({ kind, wall_s, cut, mended: await gate.mend(kind) });
    await sleep(300);
  }
// The witness writes a gap when the first packet after it has come through both captures.
const gaps = [];
while (gaps.filter(({ family }) => family === 4).length < ${ROUNDS} * 5) {
  await sleep(20);
  gaps.splice(0, Infinity, ...(await readTruth(labPaths.truth)));
}
process.stdout.write(JSON.stringify({ made, gaps }), () => process.exit());
`;

interface Made {
  readonly kind: GateOutage;
  readonly wall_s: number;
  readonly cut: SwitchInstant;
  readonly mended: SwitchInstant;
}

describe.skipIf(obstacle !== null)(`the gate ${obstacle ?? ''}`, () => {
  it('switches when its stamps say so, by a witness that sees only packets', async () => {
    const [program = '', ...args] = newNamespaces([process.execPath, '--input-type=module', '-e', PROGRAM]);
    const { stdout } = await execa(program, args, { env: labEnvironment(), stderr: 'inherit' });
    const { made, gaps } = JSON.parse(stdout) as { made: readonly Made[]; gaps: readonly TruthGap[] };
    expect(made).toHaveLength(KINDS.length * ROUNDS);
    const misses = made.flatMap(({ kind, wall_s, cut, mended }) =>
      ([4, 6] as const).flatMap((family) => {
        const seen = truthOutage(gaps, { family, from: wall_s - 0.1, to: wall_s + 0.2 });
        const [lo_s, hi_s] = [
          (mended.after_ns - cut.before_ns) / 1e9,
          (mended.before_ns - cut.after_ns) / 1e9,
        ];
        // Both know the same length, each between two others.
        const agree = seen !== null && seen.lo_s <= hi_s && lo_s <= seen.hi_s;
        return agree ? [] : [{ kind, family, lo_s, hi_s, seen }];
      }),
    );
    expect(misses).toEqual([]);
  });
});
