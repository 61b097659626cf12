import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Nanoseconds } from '../../model/time.js';
import { run, succeeds, words, startProgram } from '../ground/command.js';
import { commonSettings, settingLines } from '../ground/machine-files.js';
import { hostRules } from '../ground/nftables.js';
import { ipBatch, ToolSession } from '../ground/tool-session.js';
import { LAB_DIR } from '../paths.js';
import { startDelayLine } from './delay-line.js';
import { DELAY_LINES, delayRoutes } from './mess.js';
import {
  cutRules,
  forgetServer,
  CUTTER_MACHINES,
  cutterCables,
  cutterLines,
  cutterRules,
  cutterSettings,
  hostLines,
  mendRules,
  tellServer,
  type CutterOutage,
  MARKER,
} from './topology.js';

/**
 * When something was switched: after the first instant and before the second, both CLOCK_MONOTONIC. It is true however
 * busy the host is; a busy host makes it wider.
 */
export interface SwitchInstant {
  readonly after_ns: Nanoseconds;
  readonly before_ns: Nanoseconds;
}

const REAL_TIME = ['-a', '-r', '-p', '2'];

const inNamespace = (name: string, script: string): Promise<string> =>
  run('ip', ['netns', 'exec', name, 'sh', '-c', script]);

const batch = async (namespace: string | null, lines: readonly string[]): Promise<void> => {
  const ip = ipBatch(namespace);
  await ip.apply(lines);
  await ip.close();
};

const loadRules = async (machine: string, rules: string): Promise<void> => {
  const file = join(LAB_DIR, `${machine}.nft`);
  await writeFile(file, rules);
  await run('ip', ['netns', 'exec', machine, 'nft', '-f', file]);
};

/**
 * The cutter and its two end hosts, alive in this process's namespaces, which must be fresh ones (`newNamespaces`): it
 * has no tear-down of its own.
 */
export class Cutter {
  readonly #clock: Clock;
  readonly #nft: ToolSession;
  readonly #ip: ToolSession;

  private constructor(clock: Clock, nft: ToolSession, ip: ToolSession) {
    this.#clock = clock;
    this.#nft = nft;
    this.#ip = ip;
  }

  /** Builds everything in well below a second. @throws KnownError for what the kernel or a tool refuses. */
  static async build(clock: Clock): Promise<Cutter> {
    await mkdir(LAB_DIR, { recursive: true });
    for (const name of CUTTER_MACHINES) {
      await run('ip', ['netns', 'add', name]);
      await inNamespace(name, settingLines(commonSettings));
    }
    await batch(null, cutterCables());
    await inNamespace('cutter', settingLines(cutterSettings));
    await Promise.all([
      batch('client', hostLines('client')),
      batch('server', hostLines('server')),
      batch('cutter', cutterLines()),
      loadRules('cutter', cutterRules),
      loadRules('client', hostRules),
      loadRules('server', hostRules),
    ]);
    await startProgram('server', 'ground/echo-server');
    return Cutter.#open(clock);
  }

  /**
   * The switching has the priority of the prober (src/probe/agent/priority.ts) plus one: a stamp that waits for the CPU makes the
   * truth vague. The tools inherit it; what else this process starts does not (`-R`).
   */
  static async #open(clock: Clock): Promise<Cutter> {
    await succeeds('chrt', [...REAL_TIME, String(process.pid)]);
    const [nft, ip] = [nftSession('cutter'), ipBatch('cutter')];
    await succeeds('chrt', ['-R', ...REAL_TIME, String(process.pid)]);
    const cutter = new Cutter(clock, nft, ip);
    // The first change of each takes longer than all later ones.
    for (const kind of ['drop', 'arp'] as const) {
      await cutter.cut(kind);
      await cutter.mend(kind);
    }
    return cutter;
  }

  /** Begins an outage. */
  cut(kind: CutterOutage): Promise<SwitchInstant> {
    return this.#stamped(() =>
      kind === 'arp' ? this.#ip.apply(forgetServer()) : this.#nft.apply([cutRules[kind]]),
    );
  }

  /** Ends it. */
  mend(kind: CutterOutage): Promise<SwitchInstant> {
    return this.#stamped(() =>
      kind === 'arp' ? this.#ip.apply(tellServer()) : this.#nft.apply([mendRules]),
    );
  }

  /** Any other change of the cutter's rules, as one transaction; see mess.ts. */
  change(line: string): Promise<SwitchInstant> {
    return this.#stamped(() => this.#nft.apply([line]));
  }

  /** The delay lines behind the cutter: `detour` sends packets through one. @throws KnownError when one does not start. */
  async startDelayLines(): Promise<void> {
    for (const line of DELAY_LINES) await startDelayLine('cutter', line);
    await batch('cutter', DELAY_LINES.flatMap(delayRoutes));
    // What a rule of `ip` has no address in is of IPv4, unless it is asked for IPv6.
    for (const family of ['-4', '-6'])
      for (const { mark } of DELAY_LINES)
        await run('ip', ['-netns', 'cutter', family, ...words(`rule add fwmark ${mark} lookup ${mark}`)]);
  }

  /** Lets go of the tools; the namespaces end with their process 1. */
  async close(): Promise<void> {
    await Promise.all([this.#nft.close(), this.#ip.close()]);
  }

  async #stamped(work: () => Promise<void>): Promise<SwitchInstant> {
    const after_ns = this.#clock.monotonic();
    await work();
    return { after_ns, before_ns: this.#clock.monotonic() };
  }
}

/**
 * An interactive `nft`, in which one line is one transaction (measured: 1 ms from asking to knowing that it is done, 3 ms
 * at most on a busy host).
 */
const nftSession = (namespace: string): ToolSession =>
  new ToolSession({
    name: 'nft',
    command: ['ip', 'netns', 'exec', namespace, 'nft', '-i'],
    question: 'list chain inet cutter marker',
    isAnswer: (line) => line.includes(MARKER),
    isComplaint: (line) => line.startsWith('Error'),
    failure: 'the cutter cannot be switched',
  });
