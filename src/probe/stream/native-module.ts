import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { messageOf } from '../../model/error.js';
import { PACKAGE } from '../../package-folder.js';

const BUILT = join(PACKAGE, 'build', 'native');

/** Of the C library that this process runs on: what is for one of them may load with the other, and go wrong later. */
const libc = (): 'glibc' | 'musl' => {
  try {
    return readFileSync('/proc/self/maps', 'latin1').includes('/ld-musl-') ? 'musl' : 'glibc';
  } catch {
    return 'glibc';
  }
};

/** The engine as the package carries it for a kind of host (scripts/prebuild.mjs). */
const carriedFor = (): string =>
  join(
    PACKAGE,
    'prebuilds',
    `${process.platform}-${process.arch}${process.platform === 'linux' ? `-${libc()}` : ''}.node`,
  );

/** As scripts/native.mjs left it. */
const whyNotBuilt = (): string => {
  try {
    return readFileSync(join(BUILT, 'why-not'), 'utf8').trim();
  } catch {
    return 'nobody has tried';
  }
};

/** Of an ELF file, whose processor it is for: its class, byte order and e_machine. */
const processorOf = (file: string): string => {
  const head = Buffer.alloc(20);
  const open = openSync(file, 'r');
  readSync(open, head, 0, head.length, 0);
  closeSync(open);
  return head.toString('hex', 4, 6) + head.toString('hex', 18);
};

/** glibc says of a file for another processor that it is not there. */
const whyNotLoaded = (file: string, error: unknown): string => {
  try {
    if (process.platform === 'linux' && processorOf(file) !== processorOf(process.execPath))
      return `${file} is for another processor than ${process.arch}`;
  } catch {
    // Not readable: that is what the error says.
  }
  return messageOf(error);
};

/**
 * The engine in C: built from source on this host, else the one that the package carries.
 * @throws Error that says why there is none here
 */
export const loadNativeModule = (): unknown => {
  const files = [join(BUILT, 'engine.node'), carriedFor()].filter((file) => existsSync(file));
  const reasons: string[] = [];
  for (const file of files)
    try {
      return createRequire(import.meta.url)(file);
    } catch (error) {
      reasons.push(whyNotLoaded(file, error));
    }
  throw new Error(
    reasons.length > 0
      ? `the native engine cannot be loaded: ${reasons.join('; ')}`
      : `the native engine is not built: ${whyNotBuilt()}; and the package carries none for ${process.platform}-${process.arch}`,
  );
};
