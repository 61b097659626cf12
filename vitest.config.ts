import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/slow-first.js';

const project = (name: string, include: string[], extra: object = {}) => ({
  extends: true as const,
  test: { name, include, ...extra },
});

// The first test of a file measures for all of them (test/measuring.ts).
const LAB = {
  retry: 1,
  globalSetup: ['test/build.ts', 'test/modules.ts'],
  testTimeout: 400_000,
  hookTimeout: 120_000,
};

const ALONE = ['calibrate', 'calibrate-messy', 'cutter-truth', 'run-truth', 'sessions'].map(
  (name) => `test/lab/${name}.test.ts`,
);

export default defineConfig({
  test: {
    // What is held against files says times as they are there; a test of another zone sets its own.
    env: { TZ: 'UTC' },
    // The io tests mostly wait, for a recovery to hold or a kernel to give up: one worker per processor would idle.
    maxWorkers: 4,
    sequence: { sequencer: SlowFirst },
    reporters: ['default', './test/tally-reporter.ts'],
    projects: [
      project('unit', ['test/unit/**/*.test.ts', 'test/golden/**/*.test.ts', 'test/property/**/*.test.ts'], {
        // Files share what they import: loading it anew for each of them took longer than the tests.
        isolate: false,
        // Not a limit of speed: only a test that hangs may fail by it, on a busy machine too.
        testTimeout: 60_000,
      }),
      // Real processes and packets: a host that stalls for seconds voids what is tested. A second try, which measures
      // anew, tells that from a defect, and the reporter says which tests needed one, and why.
      project('io', ['test/io/**/*.test.ts'], {
        retry: 1,
        globalSetup: ['test/build.ts'],
        testTimeout: 120_000,
        hookTimeout: 60_000,
      }),
      // Other people's programs, by `npm run test:peers` alone, which installs them; pairs in labs are among them, and they go beside the labs.
      ...(process.env['SEQGAP_PEERS'] === undefined
        ? []
        : [
            project('peers', ['test/peers/**/*.test.ts'], {
              retry: 1,
              globalSetup: ['test/build.ts'],
              maxWorkers: 4,
              sequence: { groupOrder: 1 },
              // No limit of speed: az took three minutes for a call on a host whose load was 25.
              testTimeout: 600_000,
              hookTimeout: 600_000,
            }),
          ]),
      // Labs side by side: what is tested of them is what happens, not how exactly it is measured.
      project('lab', ['test/lab/**/*.test.ts'], {
        ...LAB,
        exclude: ALONE,
        maxWorkers: 4,
        sequence: { groupOrder: 1 },
      }),
      // One at a time: these hold figures against the truth, and two labs on a small machine disturb each other's timers.
      project('truth', ALONE, { ...LAB, maxWorkers: 1, sequence: { groupOrder: 2 } }),
    ],
  },
});
