import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { labEnvironment, newNamespaces } from '../../src/lab/enter.js';
import type { SwitchInstant } from '../../src/lab/cutter/cutter.js';
import type { CutterOutage } from '../../src/lab/cutter/topology.js';
import { truthOutage, type TruthGap } from '../../src/lab/witness/truth.js';
import { labObstacle, modulePath } from './lab-kit.js';

const obstacle = labObstacle();
const LENGTH_MS = 200;
const KINDS: readonly CutterOutage[] = ['drop', 'drop-forward', 'drop-reverse', 'reject'];
const ROUNDS = 3;
const WITNESS_MS = 10_000;

/** Runs in namespaces of its own: makes outages while the witness watches, and prints what both say. */
const PROGRAM = `
import { setTimeout as sleep } from 'node:timers/promises';
const { systemClock } = await import('${modulePath('clock.js')}');
const { Cutter } = await import('${modulePath('lab/cutter/cutter.js')}');
const { startWitness } = await import('${modulePath('lab/witness/witness.js')}');
const { readTruth } = await import('${modulePath('lab/witness/truth.js')}');
const { labPaths } = await import('${modulePath('lab/paths.js')}');
const cutter = await Cutter.build(systemClock);
await startWitness();
await sleep(1000);
const made = [];
for (let round = 0; round < ${ROUNDS}; round++)
  for (const kind of ${JSON.stringify(KINDS)}) {
    const wall_s = Date.now() / 1e3;
    const cut = await cutter.cut(kind);
    await sleep(${LENGTH_MS});
    made.push({ kind, wall_s, cut, mended: await cutter.mend(kind) });
    await sleep(300);
  }
// The witness writes a gap when the first packet after it has come through both captures. One that stood still for as long
// as a cut lasted sends nothing that could be lost, and has none to write.
const gaps = [];
const until = Date.now() + ${WITNESS_MS};
while (gaps.filter(({ family }) => family === 4).length < ${ROUNDS} * 5 && Date.now() < until) {
  await sleep(20);
  gaps.splice(0, Infinity, ...(await readTruth(labPaths.truth)));
}
process.stdout.write(JSON.stringify({ made, gaps }), () => process.exit());
`;

interface Made {
  readonly kind: CutterOutage;
  readonly wall_s: number;
  readonly cut: SwitchInstant;
  readonly mended: SwitchInstant;
}

describe.skipIf(obstacle !== null)(`the cutter ${obstacle ?? ''}`, () => {
  it('switches when its stamps say so, by a witness that sees only packets', async () => {
    const [program = '', ...args] = newNamespaces([process.execPath, '--input-type=module', '-e', PROGRAM]);
    const { stdout } = await execa(program, args, { env: labEnvironment(), stderr: 'inherit' });
    const { made, gaps } = JSON.parse(stdout) as { made: readonly Made[]; gaps: readonly TruthGap[] };
    expect(made).toHaveLength(KINDS.length * ROUNDS);
    const held = made.flatMap(({ kind, wall_s, cut, mended }) =>
      ([4, 6] as const).flatMap((family) => {
        const seen = truthOutage(gaps, { family, from: wall_s - 0.1, to: wall_s + 0.2 });
        const [lo_s, hi_s] = [
          (mended.after_ns - cut.before_ns) / 1e9,
          (mended.before_ns - cut.after_ns) / 1e9,
        ];
        // Both know the same length, each between two others.
        return [{ kind, family, lo_s, hi_s, seen }];
      }),
    );
    expect(
      held.filter(({ lo_s, hi_s, seen }) => seen !== null && (seen.lo_s > hi_s || lo_s > seen.hi_s)),
    ).toEqual([]);
    // Of each kind and family most were seen.
    for (const kind of KINDS)
      expect(
        held.filter((each) => each.kind === kind && each.seen !== null).length,
        kind,
      ).toBeGreaterThanOrEqual(2 * (ROUNDS - 1));
  });
});
