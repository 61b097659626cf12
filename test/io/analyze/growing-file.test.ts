import { appendFile, mkdtemp, rename, rm, truncate, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { growingFile } from '../../../src/cli/analyze/growing-file.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seqgap-growing-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let count = 0;

/** Follows a new file. */
const grow = async (content: string | Buffer) => {
  count += 1;
  const path = join(folder, `${count}.log`);
  await writeFile(path, content);
  const stop = new AbortController();
  const said: string[] = [];
  let text = '';
  const done = (async () => {
    for await (const chunk of growingFile(path, 'a.log', {
      signal: stop.signal,
      say: (line) => said.push(line),
    }))
      text += chunk.toString('latin1');
  })();
  const shows = (wanted: string): Promise<void> =>
    vi.waitFor(() => expect(text).toBe(wanted), { timeout: 20_000, interval: 10 });
  const says = (wanted: RegExp): Promise<void> =>
    vi.waitFor(() => expect(said.join('\n')).toMatch(wanted), { timeout: 20_000, interval: 10 });
  return {
    path,
    said,
    shows,
    says,
    end: async (): Promise<string> => {
      stop.abort();
      await done;
      return text;
    },
    done,
  };
};

describe('a file that grows', () => {
  test('is read from its beginning, in whole lines, until it is to end', async () => {
    const { path, said, shows, end } = await grow('one\ntwo');
    await shows('one\n');
    await appendFile(path, ' and more\nthree');
    await shows('one\ntwo and more\n');
    await appendFile(path, ', the last');
    expect(await end()).toBe('one\ntwo and more\nthree, the last');
    expect(said).toEqual([]);
  });

  test('what was written before the end was asked for is read', async () => {
    const { path, shows, end } = await grow('one\n');
    await shows('one\n');
    await appendFile(path, 'two\n'.repeat(1000));
    expect(await end()).toBe(`one\n${'two\n'.repeat(1000)}`);
  });

  test('goes on where another takes its name, and leaves out a line without an end', async () => {
    const { path, said, shows, says, end } = await grow('one\n');
    await shows('one\n');
    await rename(path, `${path}.1`);
    await says(/a\.log is gone: waiting for another of that name/);
    // Its writer still has the old one.
    await appendFile(`${path}.1`, 'two\ntime=1');
    await shows('one\ntwo\n');
    await writeFile(path, 'three\n');
    await shows('one\ntwo\nthree\n');
    await appendFile(path, 'four\n');
    expect(await end()).toBe('one\ntwo\nthree\nfour\n');
    expect(said.slice(1)).toEqual([
      'a.log was replaced, and is read from its beginning; its last line was cut off and is left out',
    ]);
  });

  test('goes on where it is truncated', async () => {
    const { path, said, shows, says, end } = await grow('one\ntwo\n');
    await shows('one\ntwo\n');
    await truncate(path);
    await says(/was truncated/);
    await appendFile(path, 'three\n');
    expect(await end()).toBe('one\ntwo\nthree\n');
    expect(said).toEqual(['a.log was truncated, and is read from its beginning']);
  });

  test('ends where nobody can go on: UTF-16 that begins anew', async () => {
    const { path, said, shows, done } = await grow(Buffer.from('\ufeffone\n', 'utf16le'));
    await shows(Buffer.from('\ufeffone\n', 'utf16le').subarray(0, -1).toString('latin1'));
    await truncate(path);
    await done;
    expect(said).toEqual(['a.log was truncated: it is UTF-16, and the log ends here']);
  });

  test('may be gone for good', async () => {
    const { path, shows, says, end } = await grow('one\n');
    await shows('one\n');
    await unlink(path);
    await says(/is gone/);
    expect(await end()).toBe('one\n');
  });

  test('a line that never ends is passed on', async () => {
    const { shows, end } = await grow('x'.repeat(100_000));
    await shows('x'.repeat(100_000));
    await end();
  });

  test('one that is not there is told', async () => {
    const reading = growingFile(join(folder, 'none'), 'none', {
      signal: new AbortController().signal,
      say: () => undefined,
    });
    await expect(reading.next()).rejects.toThrow(/cannot read none: no such file/);
    await expect(
      growingFile(folder, 'folder', { signal: new AbortController().signal, say: () => undefined }).next(),
    ).rejects.toThrow(/cannot read folder: is a directory/);
  });
});
