import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest; what is begun last should be short, or all but one worker idle at the end. */
const SLOW = [
  'test/io/executable/executable.test.ts',
  'test/io/fuzz/fuzz.test.ts',
  'test/io/run/run.test.ts',
  'test/io/init/init.test.ts',
  'test/io/run/endings.test.ts',
  'test/io/run/restore.test.ts',
  'test/io/watch/watch.test.ts',
  'test/io/store/rethreshold.test.ts',
  'test/io/package.test.ts',
  'test/io/probe/path.test.ts',
  'test/lab/twin.test.ts',
  'test/lab/cloud-trouble.test.ts',
  'test/lab/kill-late.test.ts',
  'test/lab/kill-failback.test.ts',
  'test/lab/compare-versions.test.ts',
  'test/lab/kill-early.test.ts',
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = SLOW.findIndex((path) => moduleId.endsWith(path));
  return rank === -1 ? SLOW.length : rank;
};

/** Vitest's own order (by size, in a fresh clone) knows nothing of tests that wait. */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).toSorted((a, b) => rankOf(a) - rankOf(b));
  }
}
