import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, isIPv6 } from 'node:net';
import { promisify } from 'node:util';
import { EXIT, KnownError, messageOf } from '../../model/error.js';
import { groupBy } from '../../model/group-by.js';
import type { SessionPlan } from '../../model/plan.js';
import { connectionsOf } from '../../model/session.js';
import { fromMs, ns, toMs, type Clock, type Nanoseconds } from '../../model/time.js';
import { encodeOrder } from '../../wire/echo-protocol.js';
import type { LiveSessions, SessionNews } from '../protocol.js';
import { resolveDestination } from '../resolve.js';
import type { Scheduler } from '../send/scheduler.js';
import { holdsWithin } from '../../deadline.js';
import { Opener } from './opener.js';
import { RtoReader } from './rto.js';
import { kindOf } from './session-kind.js';
import { NewSessions } from './session-new.js';
import { type SessionContext, rowWriter } from './session-track.js';
import { SessionGroup } from './session.js';

/** Sessions open before the streams start, since their handshakes would make sends late; but not for ever. */
const OPEN_MS = 5000;
/** More of them need longer. */
const OPEN_EACH_MS = 2;
/** Retransmission timeouts are read this long before the trigger, and are of no use this long after it. */
const RTO_BEFORE = fromMs(200);
const RTO_AFTER = fromMs(100);
/** An echo server that does not answer an order within this is not reached. */
const ORDER_MS = 3000;

export interface SessionsContext {
  readonly scheduler: Scheduler;
  readonly clock: Clock;
  readonly origin: Nanoseconds;
  readonly random: () => number;
  /** One row of heartbeats.csv. */
  readonly heartbeat: (line: string) => void;
  news(news: SessionNews): void;
  note(text: string): void;
}

interface Entry {
  readonly plan: SessionPlan;
  readonly address: string;
  readonly token: string;
  readonly lasting: SessionGroup;
  readonly fresh: NewSessions;
}

/** All sessions of one agent. */
export class Sessions {
  readonly #context: SessionsContext;
  readonly #opener: Opener;
  #entries: Entry[] = [];
  #rtos: RtoReader | null = null;
  #stopped = false;

  constructor(context: SessionsContext) {
    this.#context = context;
    this.#opener = new Opener(context.scheduler, context.clock);
  }

  /** Opens what is to be open before the steady time, and waits for it. @throws KnownError for too few open files or ports, and foreign sources. */
  async open(plans: readonly SessionPlan[]): Promise<void> {
    const total = plans.reduce((sum, plan) => sum + connectionsOf(plan), 0);
    requireLocalPorts(plans);
    await requireSources(plans);
    await ensureOpenFiles(total);
    const lasting = plans.filter(({ openEvery_ns }) => openEvery_ns === null);
    if (lasting.length > 0 && !this.#stopped)
      this.#rtos = new RtoReader([...new Set(lasting.map(({ port }) => port))]);
    for (const plan of plans) await this.#begin(plan);
    await holdsWithin(() => this.#stopped || this.#entries.every(({ lasting }) => lasting.unsettled === 0), {
      limit_ms: OPEN_MS + total * OPEN_EACH_MS,
    });
  }

  /**
   * The trigger is to come at this instant of the agent's clock: opens the strata in time for it, lets idle sessions
   * be silent, and reads the kernel's retransmission timeouts just before.
   */
  expect(at: Nanoseconds): void {
    const { scheduler, clock } = this.#context;
    for (const { lasting, plan } of this.#entries) {
      lasting.openFor(at);
      lasting.quiet();
      if (plan.idle && plan.speaksFirst === 'server') void this.#order('quiet', plan);
    }
    const due = ns(Math.max(clock.monotonic(), at - RTO_BEFORE));
    const read = (): null => {
      void this.#readRtos(at);
      return null;
    };
    scheduler.add({ fire: read }, due);
  }

  /** Traffic has stopped. */
  outage(): void {
    for (const { lasting } of this.#entries) lasting.outage();
  }

  /** The recovery has held: idle sessions say their first word. */
  speak(): void {
    for (const { lasting, plan } of this.#entries) {
      lasting.speak();
      if (plan.idle && plan.speaksFirst === 'server') void this.#order('wake', plan);
    }
  }

  live(): LiveSessions[] {
    return this.#entries
      .filter(({ plan }) => plan.openEvery_ns === null)
      .map(({ lasting }) => lasting.live());
  }

  get waiting(): number {
    return this.#entries.reduce((sum, { lasting, fresh }) => sum + lasting.waiting + fresh.waiting, 0);
  }

  stop(): void {
    this.#stopped = true;
    this.#opener.stop();
    for (const { lasting, fresh } of this.#entries) {
      lasting.stop();
      fresh.stop();
    }
  }

  close(): void {
    this.#stopped = true;
    this.#opener.stop();
    for (const { lasting, fresh } of this.#entries) {
      lasting.close();
      fresh.close();
    }
    this.#rtos?.close();
  }

  async #begin(plan: SessionPlan): Promise<void> {
    const { address } = await resolveDestination(plan.host, plan.family);
    if (this.#stopped) return;
    const token = randomUUID().replaceAll('-', '');
    const { origin, heartbeat } = this.#context;
    const kind = kindOf(plan);
    const openChannel = await kind.channel(plan, address);
    if (this.#stopped) return;
    const context: SessionContext = {
      ...this.#context,
      plan,
      opener: this.#opener,
      openChannel,
      newTrack: (connection) => {
        const lasts = plan.openEvery_ns === null;
        const row = lasts ? rowWriter(plan.name, connection, origin, heartbeat) : (): void => {};
        return kind.track(plan, { connection, token, row });
      },
    };
    const lasting = new SessionGroup(context);
    const fresh = new NewSessions(context, this.#context.heartbeat);
    this.#entries.push({ plan, address, token, lasting, fresh });
    lasting.open();
    fresh.open();
  }

  async #readRtos(at: Nanoseconds): Promise<void> {
    const rtos = await this.#rtos?.read();
    // Later than this the outage may have begun, and with it the backing off.
    if (rtos === undefined || this.#context.clock.monotonic() > at + RTO_AFTER) return;
    for (const { lasting } of this.#entries) lasting.take(rtos);
  }

  /** Tells the echo server who is to speak, on a connection of its own: on theirs the client would speak first. */
  async #order(order: 'wake' | 'quiet', plan: SessionPlan): Promise<void> {
    const entry = this.#entries.find((each) => each.plan === plan);
    if (entry === undefined) return;
    const socket = connect({ host: entry.address, port: plan.port });
    const answered = await new Promise<boolean>((resolve) => {
      socket.setTimeout(ORDER_MS, () => resolve(false));
      socket
        .on('connect', () => socket.write(encodeOrder({ order, token: entry.token })))
        .on('data', () => resolve(true))
        .on('error', () => resolve(false))
        .on('end', () => resolve(false));
    });
    socket.destroy();
    if (!answered && !this.#stopped)
      this.#context.note(
        `session ${plan.name}: the echo server was not reached within ${toMs(fromMs(ORDER_MS)) / 1000} s to ${
          order === 'wake' ? 'let it speak first' : 'make it silent'
        }`,
      );
  }
}

/** Ports that this host gives to connections (ip(7)); null where nobody says. */
const localPorts = (): number | null => {
  try {
    const range = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8');
    const [first, last] = range.trim().split(/\s+/).map(Number);
    return first === undefined || last === undefined ? null : last - first + 1;
  } catch {
    return null;
  }
};

/**
 * Connections to one port of one host differ by their local port alone, those from one local address whatever they go to.
 * @throws KnownError
 */
const requireLocalPorts = (plans: readonly SessionPlan[]): void => {
  const ports = localPorts();
  if (ports === null) return;
  const shares = plans.flatMap((plan) => {
    const { sources = [], host, port } = plan;
    const sessions = connectionsOf(plan);
    return sources.length === 0
      ? [{ where: `to ${host} port ${port}`, sessions }]
      : sources.map((source) => ({
          where: `from ${source}`,
          sessions: Math.ceil(sessions / sources.length),
        }));
  });
  for (const [where, own] of groupBy(shares, (share) => share.where)) {
    const sessions = own.reduce((sum, share) => sum + share.sessions, 0);
    if (sessions <= ports) continue;
    throw new KnownError(`${sessions} sessions ${where} need a local port each, and there are ${ports}`, {
      remedy:
        'widen net.ipv4.ip_local_port_range of the vantage, or share the sessions among addresses of it (sources), targets, ports or vantages',
      exitCode: EXIT.inconclusive,
    });
  }
};

/** @throws KnownError for a source that is no address of this host. */
const requireSources = async (plans: readonly SessionPlan[]): Promise<void> => {
  for (const { name, sources = [] } of plans)
    for (const address of sources) {
      const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
      try {
        socket.bind({ address, exclusive: true });
        await once(socket, 'listening');
      } catch (cause) {
        throw new KnownError(`session ${name} cannot be from ${address}: ${messageOf(cause)}`, {
          remedy: 'sources are addresses that the vantage itself has (ip address)',
          exitCode: EXIT.inconclusive,
          cause,
        });
      } finally {
        socket.close();
      }
    }
};

/** Beside the sessions: probes, pipes, the event loop's own. */
const OWN_FILES = 256;

/** The most files that this process may have open; null where nobody says. Node has raised the soft limit already. */
const openFilesLimit = (): number | null => {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined || soft === 'unlimited' ? null : Number(soft);
  } catch {
    return null;
  }
};

/**
 * Sees to it that so many sessions can be open at once. Node cannot raise its hard limit, prlimit(1) can, for root.
 * @throws KnownError with both figures where that does not do.
 */
export const ensureOpenFiles = async (sessions: number): Promise<void> => {
  const needed = sessions + OWN_FILES;
  const isEnough = (): boolean => {
    const limit = openFilesLimit();
    return limit === null || limit >= needed;
  };
  if (isEnough()) return;
  await promisify(execFile)('prlimit', ['--pid', String(process.pid), `--nofile=${needed}:${needed}`]).catch(
    () => {},
  );
  if (isEnough()) return;
  throw new KnownError(
    `${sessions} sessions need ${needed} open files, and ${openFilesLimit() ?? 'fewer'} are allowed here`,
    {
      remedy: `raise the limit where the agent is started: ulimit -n ${needed} (root), or LimitNOFILE= of the service; or share the sessions among vantages, each of which is a process`,
      exitCode: EXIT.inconclusive,
    },
  );
};
