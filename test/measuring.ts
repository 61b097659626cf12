import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test, type TestContext } from 'vitest';

/**
 * Tests that look at one measurement, `measured`: made for the first of them, and made anew when one of them is tried
 * again; those after it look at the new one. So what is tried again is what was measured, not the look at it. Each
 * measurement has an empty folder of its own until all tests here have ended.
 */
export const measuring = <T>(measure: (folder: string) => Promise<T>) => {
  const folders: string[] = [];
  let made: Promise<T> | null = null;
  const begin = async (): Promise<T> => {
    const folder = await mkdtemp(join(tmpdir(), 'seqgap-measured-'));
    folders.push(folder);
    return measure(folder);
  };
  afterAll(async () => {
    for (const folder of folders) await rm(folder, { recursive: true, force: true });
  });
  return test.extend<{ measured: T }>({
    measured: async ({ task }: TestContext, use: (value: T) => Promise<void>) => {
      if (made === null || (task.result?.retryCount ?? 0) > 0) made = begin();
      await use(await made);
    },
  });
};
