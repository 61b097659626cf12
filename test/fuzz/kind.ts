import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom, type Random } from '../../src/analysis/statistics/random.js';
import { PACKAGE } from '../../src/package-folder.js';
import { mutated, oneOf } from './mutate.js';

/** What is tried: octets, and what they are (a file's name, a driver's reader), which is not changed. */
export interface Case {
  readonly head: string;
  readonly body: Buffer;
}

/** One kind of input that comes from outside. */
export interface Kind {
  readonly name: string;
  /** What cases are made from. */
  readonly corpus: () => readonly Case[] | Promise<readonly Case[]>;
  /** Makes a case of nothing but `random`; left out: one of the corpus is damaged. */
  readonly make?: (random: Random) => Case;
  /**
   * Hands the case to what reads such input. Throws for a finding: anything but a KnownError is one, and what is
   * printed or returned must hold (see `expectSound`). `random` is made from the case itself, so that a case that was
   * saved does the same again.
   */
  readonly run: (input: Case, random: Random) => Promise<void>;
  /** Lets go of what `run` opened. */
  readonly close?: () => Promise<void>;
}

/** A file below the package, as a case; those of a folder. */
export const fileCase = (path: string, head = ''): Case => ({
  head,
  body: readFileSync(join(PACKAGE, path)),
});
export const folderCases = (path: string, head = ''): Case[] =>
  readdirSync(join(PACKAGE, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ head, body: readFileSync(join(entry.parentPath, entry.name)) }))
    .filter(({ body }) => body.length < LARGEST);

/** What is larger makes few cases a second. */
const LARGEST = 1 << 16;

/** Saved as one file: the head is its first line. */
export const encodeCase = ({ head, body }: Case): Buffer => Buffer.concat([Buffer.from(`${head}\n`), body]);
export const decodeCase = (bytes: Buffer): Case => {
  const end = bytes.indexOf(10);
  return { head: bytes.toString('utf8', 0, end), body: bytes.subarray(end + 1) };
};

const hashOf = (bytes: Buffer): number => {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
};

/** What else is chosen for a case (options, a command, where chunks end) follows from the case. */
export const randomOf = (input: Case): Random => seededRandom(hashOf(encodeCase(input)));

/** Case `number` of a seed, the same whenever it is asked for. */
export const caseOf = (
  corpus: readonly Case[],
  seed: number,
  number: number,
  make?: (random: Random) => Case,
): Case => {
  const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  if (make !== undefined) return make(random);
  const { head, body } = oneOf(random, corpus);
  return { head, body: mutated(body, random, () => oneOf(random, corpus).body) };
};
