import { execFileSync } from 'node:child_process';
import { chmod, mkdir, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { EXIT, KnownError, knownFileError } from '../../../src/model/error.js';
import { forgetSecrets } from '../../../src/model/secret.js';
import { loadScenario, parseScenario } from '../../../src/scenario/load.js';
import { readDriver } from '../../../src/trigger/driver/driver-file.js';
import { MINIMAL, scratch, written } from './written.js';

// Other files share what they registered, and each of thousands of problems is searched for all of it.
beforeEach(forgetSecrets);

/** One line, exit 64; whatever else is thrown fails the test. */
const word = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    expect(error.exitCode).toBe(EXIT.usage);
    return error.message;
  }
  throw new Error('it was accepted');
};

const WITH_PASSWORD = (path: string): string => `
name: hostile
nodes:
  fw-a: { driver: fortios, ssh: { host: 10.0.0.1, user: u, password: '\${file:${path}}' } }
streams: [{ name: ping, type: icmp, to: 10.4.4.4, every: 10ms }]
trigger: { action: manual }
`;

describe('a file of a secret that is none', () => {
  const secret = (path: string): Promise<string> =>
    word(Promise.resolve().then(() => parseScenario(WITH_PASSWORD(path), 'x.yaml', { env: {} })));

  test.each([
    ['/dev/zero', 'is a device, not a file'],
    ['/dev/tty', 'device'],
    ['/proc', 'is a directory'],
    ['/proc/kcore', 'cannot read'],
    ['/none', 'no such file'],
    [`/${'x'.repeat(300)}`, 'the name is too long'],
    ['/etc/passwd/x', 'a part of the path is no directory'],
  ])('%s', async (path, wanted) => {
    expect(await secret(path)).toContain(wanted);
  });

  test('a pipe is not waited for', async () => {
    const pipe = join(await scratch(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    expect(await secret(pipe)).toMatch(/4:\d+: .*: cannot read .*pipe: is a pipe/);
  });

  test('a circle of links', async () => {
    const link = join(await scratch(), 'link');
    await symlink(link, link);
    expect(await secret(link)).toContain('symbolic links that go round in a circle');
  });

  test('a file without end, one of octets', async () => {
    const folder = await scratch();
    await writeFile(join(folder, 'large'), 'x');
    await truncate(join(folder, 'large'), 1 << 30);
    expect(await secret(join(folder, 'large'))).toContain('is larger than the 64 KB that are read');
    await writeFile(join(folder, 'nul'), 'se\0cret');
    expect(await secret(join(folder, 'nul'))).toContain('holds a NUL octet');
  });
});

describe('a scenario that is none', () => {
  test.each(['/dev/zero', '/dev/urandom'])('%s', async (path) => {
    expect(await word(loadScenario(path))).toBe(`${path}: is a device, not a file`);
  });

  test('a pipe that nobody writes to', async () => {
    const pipe = join(await scratch(), 'pipe.yaml');
    execFileSync('mkfifo', [pipe]);
    expect(await word(loadScenario(pipe))).toBe(`${pipe}: is a pipe, and nobody writes to it`);
  });

  test('a pipe that is written to is read', async () => {
    const pipe = join(await scratch(), 'pipe.yaml');
    execFileSync('mkfifo', [pipe]);
    const reading = loadScenario(pipe, { patience_ms: 60_000 });
    await writeFile(pipe, MINIMAL);
    await expect(reading).resolves.toMatchObject({ scenario: { name: 'minimal' } });
  });

  test('of 200 MB', async () => {
    const file = await written(MINIMAL);
    await truncate(file, 200e6);
    expect(await word(loadScenario(file))).toBe(`${file}: is larger than the 1 MB that are read`);
  });

  test.each([
    ['UTF-16', Buffer.concat([Buffer.of(0xff, 0xfe), Buffer.from(MINIMAL, 'utf16le')]), 'UTF-16, not UTF-8'],
    ['octets', Buffer.from(MINIMAL.replace('10ms', '10\0ms')), 'holds a NUL octet'],
    ['Latin-1', Buffer.from('name: caf\xe9\n', 'latin1'), 'not UTF-8'],
  ])('%s', async (_, octets, wanted) => {
    expect(await word(loadScenario(await written(octets)))).toContain(wanted);
  });

  test('UTF-8 with a mark at its beginning is one', async () => {
    const file = await written(Buffer.concat([Buffer.of(0xef, 0xbb, 0xbf), Buffer.from(MINIMAL)]));
    await expect(loadScenario(file)).resolves.toMatchObject({ scenario: { name: 'minimal' } });
  });

  test('a file that may not be read', async () => {
    const file = await written(MINIMAL);
    await chmod(file, 0);
    // Root may read anything.
    if (process.getuid?.() === 0) await expect(loadScenario(file)).resolves.toBeDefined();
    else expect(await word(loadScenario(file))).toContain('permission denied');
  });

  const many = (count: number, line: (i: number) => string): string =>
    `${MINIMAL}labels:\n${Array.from({ length: count }, (_, i) => line(i)).join('\n')}\n`;
  const laughs = `name: &a0 x\n${Array.from({ length: 30 }, (_, i) => `k${i + 1}: &a${i + 1} [*a${i}, *a${i}]`).join('\n')}\n`;
  test.each([
    ['500,000 labels', many(500_000, (i) => `  l${i}: v`), /1 MB/],
    ['20,000 labels', many(20_000, (i) => `  l${i}: v`), /words and signs/],
    ['100,000 anchors', many(100_000, (i) => `  l${i}: &x${i} v`), /1 MB/],
    ['2,000 anchors', many(2000, (i) => `  l${i}: &x${i} v`), /anchors and aliases/],
    ['aliases of aliases', laughs, /alias/i],
    ['brackets', `a: ${'['.repeat(50_000)}`, /brackets within each other/],
    ['dashes', `${'- '.repeat(30_000)}a`, /nested too deeply|must be a mapping/],
    ['questions', '? '.repeat(30_000), /nested too deeply|not valid YAML|must be a mapping/],
    ['5,000 wrong labels', many(5000, (i) => `  L${i}: v`), /… and 4\d{3} more$/],
    ['a key given 5,000 times', 'name: x\n'.repeat(5000), /… and 4\d{3} more$/],
  ])('%s', async (_, text, wanted) => {
    expect(await word(loadScenario(await written(text)))).toMatch(wanted);
  });

  test('a thousand streams and four hundred labels are none of that', async () => {
    const streams = Array.from(
      { length: 1000 },
      (_, i) => `  - { name: s${i}, type: tcp, to: 10.4.${i >> 8}.${i & 255}:443, every: 100ms, flows: 2 }`,
    );
    const labels = Array.from({ length: 400 }, (_, i) => `  l${i}: value of ${i}`);
    const text = `name: large\nstreams:\n${streams.join('\n')}\nlabels:\n${labels.join('\n')}\ntrigger: { action: manual }\n`;
    const { scenario } = await loadScenario(await written(text));
    expect(scenario.streams).toHaveLength(1000);
  });
});

describe('tabs and what follows from one mistake', () => {
  const lines = async (text: string): Promise<string[]> =>
    (await word(loadScenario(await written(text)))).split('\n').map((line) => line.replace(/^.*yaml:/, ''));

  test('one line for each tab, with what to do', async () => {
    const text =
      'name: x\nnodes:\n  fw-a:\n\tdriver: keepalived\n    ssh:\n      host: h\n      user: u\n  fw-b:\n\tdriver: keepalived\n    ssh: { host: h, user: u }\n';
    expect(await lines(text)).toEqual([
      '4:1: a tab stands in the indentation; write spaces instead',
      '9:1: a tab stands in the indentation; write spaces instead',
    ]);
  });

  test('a tab within brackets, or in a text of several lines', async () => {
    expect(await lines('a: {\n\tb: c }\n')).toEqual([
      '2:1: a tab stands in the indentation; write spaces instead',
    ]);
    expect(await lines('a: |\n  x\n\ty\n')).toEqual([
      '3:1: a tab stands in the indentation; write spaces instead',
    ]);
  });

  test('another mistake is said once, where it begins', async () => {
    expect(await lines('a: b: c\nd: e: f\n')).toEqual([
      '1:4: not valid YAML: Nested mappings are not allowed in compact mappings',
    ]);
  });

  test('a file that is none by its name either is asked about', () => {
    expect(() => parseScenario('# Read me\na: b: c\n', 'README.md')).toThrow(
      'README.md:2:4: not valid YAML: Nested mappings are not allowed in compact mappings; nor does its name end in .yaml: is it the file that was meant?',
    );
  });
});

describe('drivers and what the system says', () => {
  test('a driver that is a folder, a device, a pipe', async () => {
    const folder = await scratch();
    const [dir, pipe] = [join(folder, 'a.yaml'), join(folder, 'b.yaml')];
    await mkdir(dir);
    execFileSync('mkfifo', [pipe]);
    expect(await word(readDriver(dir))).toBe(`${dir}: is a directory`);
    expect(await word(readDriver('/dev/zero'))).toContain('is a device');
    expect(await word(readDriver(pipe))).toContain('nobody writes to it');
  });

  test('errors of the system about a path are known, and a bug is not', () => {
    const error = (code: string, syscall: string, path?: string): Error =>
      Object.assign(new Error(`${code}: …, ${syscall}`), { code, syscall, path });
    expect(knownFileError(error('EMFILE', 'spawn ping'))).toMatchObject({
      message: 'cannot spawn: this process has no file descriptors left',
      exitCode: EXIT.inconclusive,
    });
    expect(knownFileError(error('EISDIR', 'open', 'out/x'))).toMatchObject({
      message: 'cannot open out/x: is a directory',
      exitCode: EXIT.usage,
    });
    expect(knownFileError(error('ENOENT', 'open', 'out/x'))).toBeNull();
    expect(knownFileError(new TypeError('x is not a function'))).toBeNull();
  });
});
