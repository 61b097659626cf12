import { expect, test } from 'vitest';
import { writeError } from '../../../src/store/write-error.js';

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: as the system says it`), { code });

test.each([
  ['ENOSPC', 'no space left on the device'],
  ['EDQUOT', 'the disk quota is used up'],
  ['EROFS', 'the file system is read-only'],
  ['EIO', 'input/output error'],
  ['EACCES', 'permission denied'],
  ['EXDEV', 'EXDEV: as the system says it'],
])('%s is said in words, with a remedy', (code, words) => {
  const error = writeError('/r/probes.csv', systemError(code));
  expect(error.message).toBe(`cannot write /r/probes.csv: ${words}`);
  expect(error.remedy).not.toBeNull();
  expect(error.cause).toMatchObject({ code });
});
