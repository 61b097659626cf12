import type { SessionEnding } from '../../model/event.js';
import { encodeHeartbeat } from '../../model/probe.js';
import { ns, toSeconds, type Nanoseconds } from '../../model/time.js';
import { Schedule } from '../send/schedule.js';
import type { SessionContext } from './session-track.js';

/** How an attempt that brought no full exchange ended. */
interface Failure {
  readonly ending: SessionEnding;
  readonly detail: string;
}

/**
 * New connections at a steady pace: opened, one heartbeat there and back, closed. A handshake alone proves less: a
 * proxy may make it for a server that is dead. Each attempt is one row of heartbeats.csv, numbered as a connection of
 * its own, from the first SYN to the last octet of the answer; one that failed is an event as well.
 */
export class NewSessions {
  readonly #context: SessionContext;
  readonly #write: (line: string) => void;
  readonly #pending = new Set<() => void>();
  #attempts = 0;
  #stopped = false;

  constructor(context: SessionContext, write: (line: string) => void) {
    this.#context = context;
    this.#write = write;
  }

  open(): void {
    const { plan, scheduler, clock, random } = this.#context;
    if (plan.openEvery_ns === null) return;
    const schedule = new Schedule(clock.monotonic(), plan.openEvery_ns, random());
    scheduler.add(
      {
        fire: (now) => {
          if (this.#stopped) return null;
          schedule.take(
            now,
            () => this.#attempt(),
            () => {},
          );
          return schedule.next;
        },
      },
      schedule.next,
    );
  }

  get waiting(): number {
    return this.#pending.size;
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Attempts that are still under way say nothing: they were not given their time. */
  close(): void {
    this.#stopped = true;
    for (const abandon of this.#pending) abandon();
  }

  #attempt(): void {
    const { plan, clock, scheduler, openChannel, newTrack } = this.#context;
    const connection = ++this.#attempts;
    const begun = clock.monotonic();
    const track = newTrack(connection);
    let isOpen = false;
    let isOver = false;
    const leave = (): void => {
      isOver = true;
      this.#pending.delete(leave);
      channel.destroy();
    };
    const finish = (failure: Failure | null): void => {
      if (isOver) return;
      leave();
      this.#tell(connection, begun, failure);
    };
    const channel = openChannel({
      open: () => {
        isOpen = true;
        for (const data of [track.opening(), track.beat(clock.monotonic())])
          if (data !== null) channel.write(data);
      },
      data: (data) => {
        track.receive(data, clock.monotonic());
        if (track.fault !== null) finish(track.fault);
        else if (track.answered > 0) finish(null);
      },
      ended: (ending, detail) => finish({ ending: isOpen ? ending : 'refused-open', detail }),
    });
    this.#pending.add(leave);
    const tooLate = (): null => {
      const within = `within ${toSeconds(plan.wait_ns)} s`;
      finish(
        isOpen
          ? { ending: 'no-data', detail: `no data: it opened, but nothing came back ${within}` }
          : { ending: 'refused-open', detail: `no answer ${within}` },
      );
      return null;
    };
    scheduler.add({ fire: tooLate }, ns(begun + plan.wait_ns));
  }

  #tell(connection: number, begun: Nanoseconds, failure: Failure | null): void {
    const { plan, clock, origin } = this.#context;
    const at_ns = ns(Math.round(clock.monotonic() - origin));
    this.#write(
      encodeHeartbeat({
        session: plan.name,
        connection,
        seq: 0,
        sent_ns: ns(Math.round(begun - origin)),
        echoed_ns: failure === null ? at_ns : null,
      }),
    );
    if (failure === null) return;
    this.#context.news({ kind: 'error', session: plan.name, connection, at_ns, ...failure });
  }
}
