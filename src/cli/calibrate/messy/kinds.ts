import type { CalibratedType } from '../streams.js';

/**
 * What is made on purpose, one kind at a time.
 *
 * - `clean`    an outage on a clean path
 * - `loss`     an outage beside random loss of 0.1, 1, 2 or 5 % each way, before, during and after
 * - `flapping` five to thirty outages of 30 to 150 ms, with shorter good times between them than a recovery has to hold
 * - `partial`  90 or 50 % lost for some seconds, or 30 % until the trial gives up
 * - `lasting`  an outage, then random loss until the trial gives up
 * - `far`      an outage in front of a reflector that is 50 ms away
 * - `slow`     an outage, then every answer 120 ms later than before
 * - `hidden`   an outage inside, or at the edge of, a stop of the prober
 * - `sessions` established sessions and new ones lose every packet, and nothing else does
 * - `second`   an outage, a recovery that holds, and another outage later
 */
export const MESSY_KINDS = [
  'clean',
  'loss',
  'flapping',
  'partial',
  'lasting',
  'far',
  'slow',
  'hidden',
  'sessions',
  'second',
] as const;
export type MessyKind = (typeof MESSY_KINDS)[number];

/** Who measured: a stream by itself, the forward way of a STAMP stream, or the trial of all streams, by its headline. */
export const MESSY_ENGINES = [
  'headline',
  'icmp',
  'icmp6',
  'ping',
  'tcp',
  'stamp',
  'icmp-net-ping',
  'stamp-udp',
  'stamp-forward',
  'sessions',
] as const;
export type MessyEngine = (typeof MESSY_ENGINES)[number];
export type StreamEngine = Extract<MessyEngine, CalibratedType>;
