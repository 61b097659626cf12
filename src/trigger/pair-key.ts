import { createHash } from 'node:crypto';
import { readlink } from 'node:fs/promises';
import type { NodePlan } from '../model/plan.js';

/** Two labs have the same addresses in different network namespaces: they are different pairs. */
const networkNamespace = (): Promise<string> => readlink('/proc/self/ns/net').catch(() => '');

const addressOf = ({ name, ssh, http }: NodePlan): string => {
  if (ssh !== null) return `${ssh.host}:${ssh.port}`;
  return http === null ? name : new URL(http.url).host;
};

/** A word for a pair, by the addresses of its nodes; fit for the name of a file. */
export const pairKey = async (nodes: readonly NodePlan[]): Promise<string> =>
  createHash('sha256')
    .update([await networkNamespace(), ...nodes.map(addressOf).sort()].join('\n'))
    .digest('hex')
    .slice(0, 24);
