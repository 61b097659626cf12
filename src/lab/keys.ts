import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.js';
import { labPaths } from './place.js';
import { machineAddresses, type MachineName } from './topology.js';

const WITH_SSHD: readonly MachineName[] = ['fw-a', 'fw-b', 'server'];

const makeKey = (path: string, comment: string): Promise<string> =>
  run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', comment, '-f', path]);

/** New keys for every lab: one for the tool, one per machine, and the known_hosts file that names them all. */
export const makeKeys = async (): Promise<void> => {
  await Promise.all([
    makeKey(labPaths.sshKey, 'seqgap-lab'),
    ...WITH_SSHD.map(async (machine) => {
      await mkdir(labPaths.machine(machine), { recursive: true });
      await makeKey(join(labPaths.machine(machine), 'host_key'), machine);
    }),
  ]);
  const lines: string[] = [];
  for (const machine of WITH_SSHD) {
    const folder = labPaths.machine(machine);
    await copyFile(`${labPaths.sshKey}.pub`, join(folder, 'authorized_keys'));
    const [type, key] = (await readFile(join(folder, 'host_key.pub'), 'utf8')).split(' ');
    lines.push(`${machineAddresses(machine).join(',')} ${type} ${key}`);
  }
  await writeFile(labPaths.knownHosts, `${lines.join('\n')}\n`);
};
