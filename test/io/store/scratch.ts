import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A folder that is gone when the test is over. */
export const scratch = async (): Promise<string> => {
  const path = await mkdtemp(join(tmpdir(), 'seqgap-store-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
};
