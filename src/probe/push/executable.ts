import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isSea } from 'node:sea';
import { PACKAGE } from '../../package-folder.js';
import { toolVersion } from '../../terminal.js';

/** What `uname -m` says of processors for which there is an executable. */
const PROCESSORS: Readonly<Record<string, string>> = {
  x86_64: 'x64',
  amd64: 'x64',
  aarch64: 'arm64',
  arm64: 'arm64',
};

/** Names a folder with executables for other processors, or for a seqgap that is none itself. */
const FOLDER = 'SEQGAP_EXECUTABLES';

/** The executable for a host by what `uname -sm` says there, or why there is none. */
export const executableFor = (machine: string): { path: string } | { why: string; remedy: string } => {
  const [system = '', processor = ''] = machine.split(' ');
  const arch = PROCESSORS[processor];
  if (system !== 'Linux' || arch === undefined)
    return {
      why: `there is no executable for ${machine}`,
      remedy: 'install seqgap there (npm) and leave out push',
    };
  if (isSea() && arch === process.arch) return { path: process.execPath };
  const name = `seqgap-${toolVersion()}-linux-${arch}`;
  const folders = [
    ...(process.env[FOLDER] ? [process.env[FOLDER]] : []),
    ...(isSea() ? [dirname(process.execPath)] : []),
    join(PACKAGE, 'build/executable'),
  ];
  const path = folders.map((folder) => join(folder, name)).find((each) => existsSync(each));
  if (path !== undefined) return { path };
  return {
    why: `push needs ${name}, which is not in ${folders.join(' or ')}`,
    remedy: `put it there, or say where it is with ${FOLDER}=/folder; from a clone: npm run executable`,
  };
};

const sha256Of = async (path: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

/** The sum of a file, worked out once however many vantages it is copied to. */
export const sumsOnce = (): ((path: string) => Promise<string>) => {
  const known = new Map<string, Promise<string>>();
  return (path) => {
    const sum = known.get(path) ?? sha256Of(path);
    known.set(path, sum);
    return sum;
  };
};
