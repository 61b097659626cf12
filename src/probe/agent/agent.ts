import { once } from 'node:events';
import { hostname } from 'node:os';
import { KnownError, messageOf } from '../../model/error.js';
import type { PathLook } from '../../model/event.js';
import { groupBy } from '../../model/group-by.js';
import type { SessionPlan, StreamPlan } from '../../model/plan.js';
import { earliest, fromMs, ns, toMs, type Nanoseconds } from '../../model/time.js';
import { monotonicNow, systemClock } from '../../clock.js';
import { endBy, hearStops } from '../../stop-signals.js';
import { figuresOf, liveOf } from '../send/flows.js';
import { Engines } from '../stream/engines.js';
import { LatenessHistogram } from '../send/lateness.js';
import { Ledger } from '../send/ledger.js';
import { type Route, routeTo } from '../path-look.js';
import { raisePriority } from './priority.js';
import { PROTOCOL, type FromAgent, type ToAgent } from '../protocol.js';
import { destinationOf } from '../resolve.js';
import { Scheduler } from '../send/scheduler.js';
import { Sessions } from '../session/sessions.js';
import type { ValueChange } from '../send/shown-value.js';
import { dropsOf, UdpInboxes } from '../send/socket-drops.js';
import type { Destination, RunningStream, StreamContext } from '../send/stream.js';
import { startStream } from '../stream/start.js';
import { holdsWithin } from '../../deadline.js';

/** How often rows are written out and the live state is sent. */
const FLUSH_MS = 100;
/**
 * Rows of streams whose answers come to this thread are decided so often: those of a tenth of a second at once kept
 * the probes waiting for milliseconds.
 */
const DECIDE_MS = 5;
/** Fewer rows than this are no burst. */
const BURST = 20;
/** From when the streams begin to be opened to the first slot, which is none's before all are open. */
const LEAD = fromMs(50);
const LEAD_EACH = fromMs(1);
/** Sockets are asked for drops at every tenth flush. */
const DROPS_TICKS = 10;
/** Targets whose path is looked at. */
const MOST_PATHS = 8;

interface Work {
  readonly plan: StreamPlan;
  readonly destination: Destination;
  /** One per flow; engines may share one for them all. */
  readonly ledgers: readonly Ledger[];
  readonly running: readonly RunningStream[];
  /** That were told. */
  drops: number;
}

/** Takes in what the engines have finished. @returns up to when that is everything, for each that says so */
const readAll = ({ running }: Work): Nanoseconds[] => running.flatMap((flow) => flow.read?.() ?? []);

/**
 * The program at a vantage: sends the probes, keeps the sessions, and says what happened on its output. It ends
 * with its input, so that nothing is left behind when the runner is killed.
 */
export class Agent {
  readonly #write: (text: string) => void;
  readonly #scheduler = new Scheduler(systemClock);
  readonly #engines = new Engines();
  #work: Work[] = [];
  #sessions: Sessions | null = null;
  /** Of the host whose ping sends; null: this one sends. */
  #pingBehind: readonly string[] | null = null;
  #origin: Nanoseconds = ns(0);
  #rows: string[] = [];
  readonly #routes = new Map<string, Route>();
  readonly #inboxes = new UdpInboxes();
  #ticks = 0;
  /** When the sockets were asked last. */
  #askedDrops: Nanoseconds = ns(0);
  readonly #timers: NodeJS.Timeout[] = [];
  #closed = false;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  hello(version: string): void {
    this.#say({ say: 'hello', protocol: PROTOCOL, version, host: hostname() });
  }

  async handle(message: ToAgent): Promise<void> {
    switch (message.do) {
      case 'clock':
        this.#say({
          say: 'clock',
          id: message.id,
          monotonic_ns: monotonicNow(),
          wall_ms: systemClock.wall(),
        });
        return;
      case 'start':
        this.#pingBehind = message.ping_behind ?? null;
        await this.#start(message.origin_ns, message.streams, message.sessions);
        return;
      case 'expect':
        this.#sessions?.expect(ns(this.#origin + message.at_ns));
        return;
      case 'outage':
        this.#sessions?.outage();
        return;
      case 'speak':
        this.#sessions?.speak();
        return;
      case 'pace':
        for (const { running } of this.#work) for (const flow of running) flow.pace(message.every_ns);
        return;
      case 'look':
        this.#say({ say: 'look', id: message.id, paths: await this.#look() });
        return;
      case 'quiet':
        await this.#quiet(message.wait_ns);
        return;
      case 'end':
        this.#end();
    }
  }

  /** It cannot go on. */
  fail(error: unknown): void {
    const remedy = error instanceof KnownError ? error.remedy : null;
    this.#say({ say: 'error', message: messageOf(error), remedy });
  }

  /** Lets go of everything; rows that are decided are written first. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#scheduler.stop();
    for (const { running, ledgers } of this.#work) {
      for (const flow of running) {
        flow.stop();
        flow.close();
      }
      for (const ledger of ledgers) ledger.close();
    }
    this.#sessions?.close();
    this.#engines.close();
    this.#flush();
  }

  async #start(
    origin: Nanoseconds,
    streams: readonly StreamPlan[],
    sessions: readonly SessionPlan[],
  ): Promise<void> {
    this.#origin = origin;
    this.#scheduler.start();
    this.#timers.push(setInterval(() => this.#tick(), FLUSH_MS));
    this.#sessions = new Sessions({
      scheduler: this.#scheduler,
      clock: systemClock,
      origin,
      random: Math.random,
      heartbeat: (line) => this.#rows.push(`h,${line}`),
      // With the rows: thousands open within a second, and a call for each took longer than its handshake.
      news: (news) => this.#rows.push(JSON.stringify({ say: 'session', ...news } satisfies FromAgent)),
      note: (text) => this.#say({ say: 'note', text }),
    });
    await this.#sessions.open(sessions);
    const placed: { plan: StreamPlan; destination: Destination }[] = [];
    for (const plan of streams) placed.push({ plan, destination: await destinationOf(plan) });
    await this.#readRoutes(placed);
    const flows = streams.reduce((sum, plan) => sum + plan.flows, 0);
    const first = ns(monotonicNow() + LEAD + LEAD_EACH * flows);
    for (const { plan, destination } of placed) {
      // Closed meanwhile: what would be opened now would never be let go.
      if (this.#closed) return;
      await this.#startStream(plan, destination, first);
    }
    this.#decideOften();
  }

  #decideOften(): void {
    const own = this.#work.filter(({ running }) => running.every((flow) => flow.read === undefined));
    const rows = own.reduce((sum, { plan }) => sum + (plan.flows * fromMs(FLUSH_MS)) / plan.every_ns, 0);
    if (rows < BURST || this.#closed) return;
    const ledgers = own.flatMap((work) => work.ledgers);
    const decide = (): void => {
      const now = monotonicNow();
      for (const ledger of ledgers) ledger.advance(now);
    };
    this.#timers.push(setInterval(decide, DECIDE_MS));
  }

  /** Before the first probe: to start a program stalls this one for milliseconds. */
  async #readRoutes(placed: readonly { plan: StreamPlan; destination: Destination }[]): Promise<void> {
    // Another host's way is not ours.
    const crossing = this.#pingBehind === null ? placed.filter(({ plan }) => !plan.control) : [];
    const targets = new Set(crossing.map(({ destination }) => destination.address));
    for (const address of [...targets].slice(0, MOST_PATHS)) {
      if (this.#closed) return;
      const route = await routeTo(address);
      if (route !== null) this.#routes.set(address, route);
    }
  }

  async #startStream(plan: StreamPlan, destination: Destination, first: Nanoseconds): Promise<void> {
    const write = (line: string): number => this.#rows.push(`p,${line}`);
    const lateness = new LatenessHistogram();
    const prefix = this.#pingBehind;
    const farPing = { prefix: prefix ?? [], failed: (error: KnownError) => this.fail(error) };
    const contexts = Array.from({ length: plan.flows }, (_, flow): StreamContext => ({
      plan,
      flow,
      destination,
      ledger: new Ledger(plan.name, plan.wait_ns, this.#origin, write, { flow, lateness }),
      scheduler: this.#scheduler,
      clock: systemClock,
      // An engine that took longer to open begins when it can.
      start: ns(Math.max(first, monotonicNow() + LEAD_EACH)),
      phase: Math.random(),
      inboxes: this.#inboxes,
      note: (text) => this.#say({ say: 'note', text }),
      changed: (change) => this.#changed(plan.name, change),
      ...(prefix === null ? {} : { farPing }),
    }));
    const { engine, stamps, running } = await startStream(
      contexts as [StreamContext, ...StreamContext[]],
      this.#engines,
    );
    if (this.#closed) {
      for (const flow of running) {
        flow.stop();
        flow.close();
      }
      return;
    }
    this.#work.push({ plan, destination, ledgers: contexts.map(({ ledger }) => ledger), running, drops: 0 });
    const stamped = stamps === undefined ? {} : { stamps };
    const source_ports = running.flatMap(({ sourcePort }) => sourcePort ?? []);
    const ports = source_ports.length === 0 ? {} : { source_ports };
    this.#say({ say: 'resolved', stream: plan.name, ...destination, engine, ...stamped, ...ports });
  }

  #changed(stream: string, { subject, value, was, since, at, ttl_s }: ValueChange): void {
    const relative = (instant: Nanoseconds): Nanoseconds => ns(Math.round(instant - this.#origin));
    const since_ns = since === null ? null : relative(since);
    this.#say({ say: 'changed', stream, subject, value, was, since_ns, at_ns: relative(at), ttl_s });
  }

  /** The way to each target once, of the streams that cross the pair. */
  async #look(): Promise<PathLook[]> {
    if (this.#pingBehind !== null) return [];
    const crossing = this.#work.filter(({ plan }) => !plan.control);
    const targets = groupBy(crossing, ({ destination }) => destination.address);
    return Promise.all(
      [...targets.values()].slice(0, MOST_PATHS).flatMap((works) => {
        const [first] = works;
        if (first === undefined) return [];
        return [
          this.#path(
            first.destination,
            works.map(({ plan }) => plan.name),
          ),
        ];
      }),
    );
  }

  async #path(destination: Destination, streams: readonly string[]): Promise<PathLook> {
    const { address, family } = destination;
    const route = this.#routes.get(address);
    const seen = await this.#engines.look(destination);
    return {
      address,
      family,
      streams,
      routed: route !== undefined,
      ...(route ?? { gateway: null, device: null, source: null }),
      hops: seen?.hops ?? null,
      reached: seen?.reached ?? false,
    };
  }

  /** Sockets stay open: an agent elsewhere may wait for what is reflected here. */
  async #quiet(wait: Nanoseconds): Promise<void> {
    for (const { running } of this.#work) for (const flow of running) flow.stop();
    this.#sessions?.stop();
    const quiet = (): boolean =>
      this.#work.every((work) => {
        readAll(work);
        return work.ledgers.every(({ waiting }) => waiting === 0);
      }) && (this.#sessions?.waiting ?? 0) === 0;
    await holdsWithin(quiet, { limit_ms: toMs(wait) });
    await this.#sayDrops();
    const doubt = this.#closed ? null : this.#engines.doubt();
    if (doubt !== null) this.#say({ say: 'note', text: doubt });
    this.#say({ say: 'quiet' });
  }

  #end(): void {
    const self = this.#work.map(({ plan, ledgers, running }) => ({
      stream: plan.name,
      drops: dropsOf(running.map(({ inbox }) => inbox)),
      ledgers,
    }));
    // The last rows are written by it, and counted.
    this.close();
    this.#say({
      say: 'end',
      self: self.map(({ stream, drops, ledgers }) => ({
        stream,
        figures: { ...figuresOf(ledgers), socket_drops: drops },
      })),
    });
  }

  #tick(): void {
    const now = monotonicNow();
    for (const work of this.#work) {
      const until = earliest([now, ...readAll(work)]) ?? now;
      for (const ledger of work.ledgers) ledger.advance(until);
    }
    this.#flush();
    this.#say({
      say: 'live',
      at_ns: ns(Math.round(now - this.#origin)),
      streams: this.#work.map(({ ledgers }) => liveOf(ledgers, now)),
      sessions: this.#sessions?.live() ?? [],
    });
    this.#ticks += 1;
    if (this.#ticks % DROPS_TICKS === 0) void this.#sayDrops();
  }

  /** What the kernel has thrown away since the last time, stream by stream. */
  async #sayDrops(): Promise<void> {
    await this.#inboxes.look();
    if (this.#closed) return;
    const [since, now] = [this.#askedDrops, monotonicNow()];
    this.#askedDrops = now;
    for (const work of this.#work) {
      const drops = dropsOf(work.running.map(({ inbox }) => inbox)) ?? 0;
      if (drops <= work.drops) continue;
      this.#say({
        say: 'drops',
        stream: work.plan.name,
        drops: drops - work.drops,
        since_ns: ns(Math.round(Math.max(since, this.#origin) - this.#origin)),
        at_ns: ns(Math.round(now - this.#origin)),
      });
      work.drops = drops;
    }
  }

  #flush(): void {
    if (this.#rows.length === 0) return;
    this.#write(`${this.#rows.join('\n')}\n`);
    this.#rows = [];
  }

  #say(message: FromAgent): void {
    this.#write(`${JSON.stringify(message)}\n`);
  }
}

/** Runs an agent on this process's stdin and stdout until the input ends. */
export const serveAgent = async (version: string): Promise<void> => {
  const agent = new Agent((text) => void process.stdout.write(text));
  const fail = (error: unknown): void => agent.fail(error);
  // The runner decides when a trial ends; a Ctrl-C on the terminal reaches the whole group.
  hearStops((name) => {
    if (name !== 'SIGINT') endBy(name);
  });
  process.stdout.on('error', () => agent.close());
  raisePriority();
  agent.hello(version);
  let rest = '';
  process.stdin.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '') continue;
      try {
        agent.handle(JSON.parse(line) as ToAgent).catch(fail);
      } catch (error) {
        fail(error);
      }
    }
  });
  await once(process.stdin, 'end');
  agent.close();
};
