import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { readAnchor } from '../../clock.js';
import { hasCode, KnownError } from '../../model/error.js';
import type { StreamOf } from '../../model/plan.js';
import { fromMs, NS_PER_S, ns, type Nanoseconds } from '../../model/time.js';
import { isLocalAddress, localFailure, refusedBy } from '../send/local-failure.js';
import type { RunningStream, StreamContext } from '../send/stream.js';
import { parsePingLine, type PingLine } from './ping-log.js';

/** Two readings of a wall clock of 1 ms differ by up to 2 ms without any drift. */
const ANCHOR_DRIFT = fromMs(3);

/** The arguments of iputils' ping for a stream: stamped lines, and one for every probe that is unanswered. */
export const pingArguments = (options: {
  readonly address: string;
  readonly family: 4 | 6;
  readonly every_ns: Nanoseconds;
  readonly size: number;
}): string[] => [
  `-${options.family}`,
  '-n',
  '-D',
  '-O',
  '-i',
  String(options.every_ns / NS_PER_S),
  '-s',
  String(options.size),
  options.address,
];

/** A ping that can be started, here or elsewhere. */
export interface PingProgram {
  /** @param line each that it prints; `ended`: that it ended, with its last words */
  start(line: (text: string) => void, ended: (words: string) => void): void;
  /** The instant of one of its stamps. */
  monotonicAt(at_s: number): Nanoseconds;
  /** Is the address one of the host that it runs on? */
  isLocal(address: string): boolean;
  /** It ended though nobody had asked it to. */
  broken(words: string): void;
  kill(): void;
}

/**
 * ICMP echo by the system's `ping`, where raw sockets are not to be had. It keeps its own schedule (no random
 * phase, and it drifts: iputils#483), and says when a probe left only through its reply (arrival - RTT) or, for an
 * unanswered one, through the send of the next. So the send instant of the first lost probe of a period is taken
 * as that of its forerunner + the spacing that was seen last. Not + T: `ping -i 0.01` sends every 16 ms where the
 * kernel's clock ticks every 4 ms, and the lower bound was 6 ms too long (measured). Missed slots cannot be seen.
 */
export const startPing = (context: StreamContext<StreamOf<'icmp'>>, program: PingProgram): RunningStream => {
  const { plan, ledger, clock } = context;
  const monotonicAt = (at_s: number | null): Nanoseconds =>
    at_s === null ? clock.monotonic() : program.monotonicAt(at_s);

  /** Set by `stop`: probes from here on are not ours any more. */
  let end: number | null = null;
  /** Send instant of the probe that `ping` is going to number next, where a line has told it. */
  let announced: Nanoseconds | null = null;
  let lastSent: Nanoseconds | null = null;
  const spacing = new RecentSpacing(plan.every_ns);

  /** 16-bit wire number -> our sequence; ping numbers from 1. */
  const unwrap = (seq16: number): number => {
    const base = ledger.nextSeq;
    const wire = (base + 1) % 65_536;
    let ahead = (seq16 - wire) % 65_536;
    if (ahead > 32_767) ahead -= 65_536;
    if (ahead < -32_768) ahead += 65_536;
    return base + ahead;
  };

  /**
   * @param latest when the line was printed that speaks of the probe: it left before.
   * @param leftBy where its send can only be guessed, the latest that it can have been: `accepted_ns` says so, and
   * the lower bound of an outage that begins with it allows for it. The guess is halfway between there and the pace.
   */
  const open = (
    seq: number,
    sentAt: Nanoseconds | null,
    latest: Nanoseconds,
    leftBy: number = -Infinity,
  ): void => {
    while (ledger.nextSeq <= seq) {
      const last = ledger.nextSeq === seq;
      const guess = lastSent === null ? latest : ns(Math.min(lastSent + spacing.median(), latest));
      const known: Nanoseconds | null = (last ? sentAt : null) ?? announced;
      const by = ns(known === null && last ? Math.max(guess, leftBy) : (known ?? guess));
      const sent = known ?? ns((guess + by) / 2);
      spacing.sent(last && sentAt !== null ? sent : null);
      announced = null;
      const opened = ledger.sending(sent, sent);
      ledger.accepted(opened, by);
      lastSent = sent;
    }
  };

  const take = (line: PingLine): void => {
    if (end !== null && (line.kind === 'local-error' || unwrap(line.seq16) >= end)) return;
    if (line.kind === 'local-error') {
      const seq = ledger.nextSeq;
      const at = monotonicAt(line.at_s);
      open(seq, at, at);
      ledger.answer(seq, { ...localFailure(line.text), received: at });
      return;
    }
    const seq = unwrap(line.seq16);
    const at = monotonicAt(line.at_s);
    switch (line.kind) {
      case 'no-answer-yet':
        // The next one leaves now.
        open(seq, null, lastSent === null ? ns(at - plan.every_ns) : at, at - spacing.median());
        announced = at;
        return;
      case 'unreachable':
        open(seq, null, at, at);
        ledger.answer(seq, {
          ...refusedBy(line.from, line.cause, program.isLocal(line.from)),
          received: at,
        });
        return;
      case 'reply': {
        const rtt = line.rtt_ms === null ? null : fromMs(line.rtt_ms);
        open(seq, rtt === null ? null : ns(at - rtt), at);
        // By the kernel's stamps, where the line was printed later: a burst of answers is told over 10 ms (measured).
        const sent = rtt === null ? null : ledger.sentAt(seq);
        const received = sent === null || rtt === null ? at : ns(sent + rtt);
        ledger.answer(seq, { outcome: 'answered', received, ttl: line.ttl });
      }
    }
  };

  const begin = (): void =>
    program.start(
      (text) => {
        const line = parsePingLine(text);
        if (line !== null) take(line);
        else if (text.startsWith('ping: ')) context.note(text);
      },
      (words) => {
        if (end === null) program.broken(words);
      },
    );

  const timer = setTimeout(
    begin,
    Math.max(0, (context.start + context.phase * plan.every_ns - clock.monotonic()) / 1e6),
  );
  return {
    inbox: null,
    pace: (every_ns) => {
      if (every_ns !== null)
        context.note(`stream ${plan.name}: the system's ping goes on at its own pace in the aftercare`);
    },
    stop: () => {
      end = ledger.nextSeq;
      clearTimeout(timer);
    },
    // Only now: a `ping` that is told to stop would not wait for the answers that are on their way.
    close: () => program.kill(),
  };
};

/** The ping of this host. */
export const startPingCommand = (context: StreamContext<StreamOf<'icmp'>>): RunningStream => {
  const { plan, destination, clock } = context;
  let anchor = readAnchor(clock);
  let child: ChildProcess | null = null;
  return startPing(context, {
    start: (line, ended) => {
      const args = pingArguments({ ...destination, every_ns: plan.every_ns, size: plan.size });
      // One pipe for both outputs keeps them in order; a session of its own keeps a Ctrl-C on the terminal away.
      const ping = spawn('sh', ['-c', 'exec ping "$@" 2>&1', 'ping', ...args], {
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true,
        env: { ...process.env, LC_ALL: 'C' },
      });
      child = ping;
      createInterface({ input: ping.stdout }).on('line', line);
      ping.on('error', (error) => context.note(`ping could not be started: ${error.message}`));
      ping.on('exit', (code) => ended(`code ${code ?? 'none'}`));
    },
    /** ping stamps with the wall clock, which is slewed and stepped: the anchor follows. */
    monotonicAt: (at_s) => {
      const fresh = readAnchor(clock, 1);
      const drift = fresh.monotonic_ns - anchor.monotonic_ns - (fresh.wall_ms - anchor.wall_ms) * 1e6;
      if (Math.abs(drift) > ANCHOR_DRIFT) anchor = fresh;
      return ns(anchor.monotonic_ns + (at_s * 1e3 - anchor.wall_ms) * 1e6);
    },
    isLocal: isLocalAddress,
    broken: (words) => context.note(`stream ${plan.name}: ping ended by itself with ${words}`),
    kill: () => child?.kill('SIGKILL'),
  });
};

/** What it says of itself; empty where there is none. Rejects where it may not be executed. */
const pingVersion = (): Promise<string> =>
  new Promise((resolve) => {
    let text = '';
    // Throws where the kernel refuses the program itself (EPERM).
    const child = spawn('ping', ['-V'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    child.on('error', () => resolve(''));
    child.on('close', () => resolve(text));
  });

/**
 * A program that has a right by its file (capabilities(7), "Safety checking for capability-dumb binaries") is not executed
 * where no process may have that right, as in a container that was not given it.
 */
const refusedPing = (cause: unknown): KnownError =>
  new KnownError('no way to send ICMP: neither this process nor ping may have the right to raw sockets', {
    remedy:
      'give NET_RAW to the container (--cap-add NET_RAW), or allow ping sockets (net.ipv4.ping_group_range)',
    cause,
  });

/** @throws KnownError if the system's ping is missing, refused, or is not iputils' (BusyBox has neither -D nor -O). */
export const requirePingCommand = async (): Promise<void> => {
  const version = await pingVersion().catch((error: unknown) => {
    throw hasCode(error, 'EPERM') ? refusedPing(error) : error;
  });
  if (!version.includes('iputils'))
    throw new KnownError('no way to send ICMP: raw sockets are not permitted and iputils ping is missing', {
      remedy: 'run as root, or install iputils-ping',
    });
};

/** So many spacings are remembered: the pace changes with the load and between answered and unanswered probes. */
const SPACINGS = 9;

/** The median spacing of the newest sends that are known by the reply; the nominal one until there are two. */
export class RecentSpacing {
  readonly #newest: number[] = [];
  #last: Nanoseconds | null = null;

  constructor(nominal: Nanoseconds) {
    this.#newest.push(nominal);
  }

  /** @param at null: not known, so that the next spacing is not either */
  sent(at: Nanoseconds | null): void {
    if (at !== null && this.#last !== null) {
      this.#newest.push(at - this.#last);
      if (this.#newest.length > SPACINGS) this.#newest.shift();
    }
    this.#last = at;
  }

  median(): number {
    const sorted = this.#newest.toSorted((a, b) => a - b);
    return sorted[sorted.length >> 1] as number;
  }
}
