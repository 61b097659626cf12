import type { LbPlan } from '../../model/lab-plan.js';
import { END_HOSTS, type NodeName } from '../ground/topology.js';
import { publishedAddress, SERVICE_ADDRESS } from './one-arm.js';
import { frontAddress } from './topology.js';

/** Where clients find the server. */
export const serviceAddress = (arms: LbPlan['arms']): string =>
  arms === 'one' ? SERVICE_ADDRESS : END_HOSTS.server.v4;

/**
 * Where a node's health is asked for, by a TCP connection: its SSH server, as vendors' templates for load balancers do; with
 * one arm the service behind it.
 */
export const probeOf = (
  arms: LbPlan['arms'],
  node: NodeName,
): { readonly host: string; readonly port: number } =>
  arms === 'one' ? { host: publishedAddress(node), port: 80 } : { host: frontAddress(node), port: 22 };
