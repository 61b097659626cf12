import { basename } from 'node:path';
import { EXIT, KnownError } from '../model/error.js';
import type { VantagePlan } from '../model/plan.js';

/** Programs that start a command where this file system is not. */
const FAR = new Set([
  'ssh',
  'docker',
  'podman',
  'nerdctl',
  'kubectl',
  'oc',
  'lxc',
  'incus',
  'crictl',
  'machinectl',
]);

const LOCAL: VantagePlan = { name: 'local', kind: 'local', prefix: [], agent: null };

/**
 * The place that probes: this host, or behind a prefix such as `ip netns exec client` or `ssh jump`. Behind one that
 * leads to another host or container, `seqgap agent` is started there. Throws KnownError.
 */
export const watchVantage = (from: string | null): VantagePlan => {
  if (from === null) return LOCAL;
  const prefix = from.trim().split(/\s+/);
  if (from.trim() === '' || /["'\\]/.test(from))
    throw new KnownError(`--from ${JSON.stringify(from)} is not a prefix of a command without quotes`, {
      exitCode: EXIT.usage,
      remedy: "for example --from 'ip netns exec client' or --from 'ssh jump'",
    });
  const far = prefix.some((word) => FAR.has(basename(word)));
  // `netns` says that the clock is ours.
  return far
    ? { name: 'there', kind: 'exec', prefix, agent: ['seqgap', 'agent'] }
    : { name: 'there', kind: 'netns', prefix, agent: null };
};
