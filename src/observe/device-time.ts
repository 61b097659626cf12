import { messageOf } from '../model/error.js';
import type { TrialEventBody } from '../model/event.js';
import { ns, type Clock, type Nanoseconds } from '../model/time.js';
import type { NodeRole } from '../trigger/ask/role.js';
import type { DeviceClock } from '../trigger/ask/device-stamp.js';
import type { PollerOptions } from './poller.js';

type Since = NonNullable<NodeRole['since']>;

/** When a question was on its way: the trial's time. */
interface Exchange {
  readonly sent_ns: Nanoseconds;
  readonly came_ns: Nanoseconds;
}

/** Where a device's stamp lies on the trial's clock. */
interface Placed {
  readonly at_ns: Nanoseconds;
  readonly uncertainty_ns: Nanoseconds;
}

/** It was so long ago when the device answered, which it did on the way; what is written is rounded down. */
export const placeAge = (age_ns: number, resolution_ns: number, { sent_ns, came_ns }: Exchange): Placed => ({
  at_ns: ns(Math.round((sent_ns + came_ns) / 2 - age_ns - resolution_ns / 2)),
  uncertainty_ns: ns(Math.round((came_ns - sent_ns) / 2 + resolution_ns / 2)),
});

/** Two readings of one clock: the stamp, and what time it was when it was asked, which is known on ours too. */
export const placeTime = (wall_ms: number, resolution_ns: number, clock: DeviceClock): Placed => ({
  at_ns: ns(Math.round(clock.at_ns + (wall_ms - clock.wall_ms) * 1e6 + resolution_ns / 2)),
  uncertainty_ns: ns(Math.round(clock.uncertainty_ns + resolution_ns / 2)),
});

export interface DeviceTimeOptions extends PollerOptions {
  readonly clock: Clock;
  /** Of a node. */
  readonly deviceClock: (node: string) => Promise<DeviceClock>;
  /** The observing is over. */
  readonly over: AbortSignal;
}

const eventOf = async (
  observer: string,
  { node, role }: NodeRole,
  since: Since,
  exchange: Exchange,
  { clock, deviceClock, now }: DeviceTimeOptions,
): Promise<{ readonly body: TrialEventBody; readonly at_ns: Nanoseconds }> => {
  const own = { event: 'device-time', observer, subject: node, value: role } as const;
  /** This host's wall clock at an instant of the trial. */
  const wallAt = (at_ns: number): number => clock.wall() + (at_ns - now()) / 1e6;
  if (since.form === 'age') {
    const { at_ns, uncertainty_ns } = placeAge(since.age_ns, since.resolution_ns, exchange);
    return { body: { ...own, wall_ms: wallAt(at_ns), offset_ns: 0, uncertainty_ns }, at_ns };
  }
  const read = await deviceClock(node);
  const here = { ...read, at_ns: ns(now() - (clock.monotonic() - read.at_ns)) };
  const { at_ns, uncertainty_ns } = placeTime(since.wall_ms, since.resolution_ns, here);
  const offset_ns = Math.round((read.wall_ms - wallAt(here.at_ns)) * 1e6);
  return { body: { ...own, wall_ms: since.wall_ms, offset_ns, uncertainty_ns }, at_ns };
};

/**
 * Tells when the role of a node changed, by its own account. The clock of the node is read just then, beside the polls,
 * so that its drift does not matter; where it cannot be read, the timeline says so.
 */
export const tellDeviceTime = async (
  observer: string,
  role: NodeRole,
  since: Since,
  exchange: Exchange,
  options: DeviceTimeOptions,
): Promise<void> => {
  const { over, tell, now } = options;
  try {
    const { body, at_ns } = await eventOf(observer, role, since, exchange, options);
    if (!over.aborted) tell(body, at_ns);
  } catch (error) {
    const text = `${observer}: ${role.node}'s own time of its change is not known: ${messageOf(error)}`;
    if (!over.aborted) tell({ event: 'note', text }, now());
  }
};
