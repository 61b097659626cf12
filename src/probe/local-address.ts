import { networkInterfaces } from 'node:os';

/** Is this one of the host's own addresses? Its own "unreachable" means that a neighbour was not resolved. */
export const isLocalAddress = (address: string): boolean =>
  Object.values(networkInterfaces()).some((list) => list?.some((entry) => entry.address === address));
