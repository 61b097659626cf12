import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { unpack, unpackPlaces, type Packed } from '../../../src/executable/unpack.js';

const uid = process.getuid?.() ?? 0;
const texts = { 'dist/cli.js': 'program', 'build/native/engine.node': 'engine', 'README.md': '' };
const packed = (name = '1.0.0-abc'): Packed & { read: number } => {
  const made = {
    name,
    read: 0,
    files: Object.entries(texts).map(([path, text]) => ({ path, octets: text.length })),
    contents: () => {
      made.read++;
      return Buffer.from(Object.values(texts).join(''));
    },
  };
  return made;
};

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'seqgap-unpack-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const place = (): string => join(folder, 'cache/seqgap');

describe('unpack', () => {
  test('writes every file, for this user alone, and the second time none', () => {
    const first = packed();
    const at = unpack(first, [place()], uid);
    for (const [path, text] of Object.entries(texts)) expect(readFileSync(join(at, path), 'utf8')).toBe(text);
    expect(unpack(first, [place()], uid)).toBe(at);
    expect(first.read).toBe(1);
    expect(readdirSync(place())).toEqual(['1.0.0-abc']);
  });

  test('what a quicker start has put there meanwhile, and runs from, is left alone', () => {
    const own = packed();
    const slow: Packed = {
      ...own,
      contents: () => {
        const quick = unpack(packed(), [join(folder, 'elsewhere')], uid);
        writeFileSync(join(quick, 'in-use'), '');
        renameSync(quick, join(place(), own.name));
        return own.contents();
      },
    };
    const at = unpack(slow, [place()], uid);
    expect(existsSync(join(at, 'in-use'))).toBe(true);
    expect(readdirSync(place())).toEqual(['1.0.0-abc']);
  });

  test('another version stands beside', () => {
    const at = unpack(packed(), [place()], uid);
    expect(unpack(packed('1.0.1-def'), [place()], uid)).not.toBe(at);
    expect(existsSync(at)).toBe(true);
  });

  test.each([
    ['cut', (at: string): void => truncateSync(join(at, 'dist/cli.js'), 3)],
    ['missing', (at: string): void => rmSync(join(at, 'README.md'))],
  ])('a file that is %s is written anew', (_, damage) => {
    const at = unpack(packed(), [place()], uid);
    damage(at);
    expect(unpack(packed(), [place()], uid)).toBe(at);
    expect(readFileSync(join(at, 'dist/cli.js'), 'utf8')).toBe('program');
    expect(existsSync(join(at, 'README.md'))).toBe(true);
  });

  test('what others may write to is no place; the next one is taken', () => {
    mkdirSync(place(), { recursive: true });
    chmodSync(place(), 0o777);
    const other = join(folder, 'other');
    expect(unpack(packed(), [place(), other], uid)).toBe(join(other, '1.0.0-abc'));
    expect(() => unpack(packed(), [place()], uid)).toThrow(/others may write to it/);
  });

  test('a link is no place, wherever it leads', () => {
    mkdirSync(join(folder, 'cache'));
    mkdirSync(join(folder, 'own'), { mode: 0o700 });
    symlinkSync(join(folder, 'own'), place());
    expect(() => unpack(packed(), [place()], uid)).toThrow(/it is no folder/);
  });

  test.skipIf(uid !== 0)('what is another user’s is no place, nor what is below it', () => {
    mkdirSync(place(), { recursive: true, mode: 0o700 });
    chownSync(place(), 65_534, 65_534);
    expect(() => unpack(packed(), [place()], uid)).toThrow(/it is another user’s/);
    rmSync(place(), { recursive: true });
    chownSync(join(folder, 'cache'), 65_534, 65_534);
    expect(() => unpack(packed(), [place()], uid)).toThrow(/the folder above it is another user’s/);
  });

  test('nowhere: every place with its reason, and nothing is left', () => {
    const file = join(folder, 'file');
    const whole = packed();
    const broken = {
      ...whole,
      contents: (): Uint8Array => {
        throw new Error('no space left on device');
      },
    };
    expect(() => unpack(broken, [join(file, 'x'), place()], uid)).toThrow(
      /nowhere to unpack.*\n.*\n.*no space left/,
    );
    expect(readdirSync(place())).toEqual([]);
  });
});

describe('places', () => {
  test('a user: the cache, then the temporary folder; a folder that is named: only that', () => {
    expect(unpackPlaces({ HOME: '/home/u' }, 1000)).toEqual([
      '/home/u/.cache/seqgap',
      join(tmpdir(), 'seqgap-1000'),
    ]);
    expect(unpackPlaces({ HOME: '/home/u', XDG_CACHE_HOME: '/c' }, 1000)[0]).toBe('/c/seqgap');
    expect(unpackPlaces({ SEQGAP_UNPACK_IN: '/x' }, 1000)).toEqual(['/x']);
  });
  test('root: of its own, before what a preserved HOME says', () => {
    expect(unpackPlaces({ HOME: '/home/u' }, 0)[0]).toBe('/var/cache/seqgap');
  });
});
