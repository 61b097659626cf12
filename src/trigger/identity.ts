import { KnownError } from '../model/error.js';
import { redact } from '../model/secret.js';
import { identify, type Bound } from './bound.js';

export interface Expected {
  readonly bound: Bound;
  /** The serial number or id that the scenario gives; null: any. */
  readonly expected: string | null;
}

/** Who the nodes are. */
export interface Identities {
  /** `fw-a is 0123, fw-b is 4567`; empty if no driver can tell. */
  readonly words: string;
  /** Of the nodes that can tell. */
  readonly identities: readonly string[];
}

/**
 * Asks every node who it is: a host name or an address may have moved to another device, a serial number cannot.
 * Throws KnownError where two nodes are one device, one is not the expected one, or one does not say.
 */
export const checkIdentities = async (
  nodes: readonly Expected[],
  signal?: AbortSignal,
): Promise<Identities> => {
  const able = nodes.filter(({ bound }) => bound.driver.identity !== undefined);
  const found = await Promise.all(
    able.map(async ({ bound, expected }) => ({
      node: bound.node,
      expected,
      id: await identify(bound, { again: true, signal }),
    })),
  );
  for (const { node, expected, id } of found) {
    if (expected !== null && expected !== id)
      throw new KnownError(`node ${node} is ${redact(id)}, and the scenario expects ${expected}`, {
        remedy: 'check the address of the node, and `serial`; nothing was touched',
      });
    const twin = found.find((other) => other.node !== node && other.id === id);
    if (twin !== undefined)
      throw new KnownError(`nodes ${node} and ${twin.node} are the same device (${redact(id)})`, {
        remedy: "give each node the address of its own management port, not the pair's",
      });
  }
  return {
    words: redact(found.map(({ node, id }) => `${node} is ${id}`).join(', ')),
    identities: found.map(({ id }) => id),
  };
};
