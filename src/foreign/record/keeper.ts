import { basename } from 'node:path';
import type { Evidence, EvidenceKind, RecordContext } from '../../model/evidence.js';
import { brief } from '../../model/outside.js';
import { plural } from '../targets.js';
import type { Instant, Told } from './form.js';
import { Names } from './names.js';
import { DAY_MS } from './record-clock.js';

/** A log of one run has a few hundred; what has more is about something else, or made to fill the memory. */
const MOST = 100_000;

/** Of these a subject is a device, which the run may know by another name. */
const OF_A_DEVICE: ReadonlySet<EvidenceKind> = new Set([
  'hello-lost',
  'peer-lost',
  'peer-found',
  'role',
  'boot',
  'clock-set',
  'health',
  'operation-accepted',
  'operation-done',
  'operation-failed',
]);
/** And of these the value is one. */
const TO_A_DEVICE: ReadonlySet<EvidenceKind> = new Set([
  'hello-lost',
  'peer-lost',
  'peer-found',
  'address-moved',
]);

interface Kept {
  readonly told: Told;
  readonly at: Instant;
  /** The host in the line's header; null: there is none. */
  readonly host: string | null;
  readonly line: number;
  readonly raw: string;
}

/** Who wrote lines, as far as the record itself can tell. */
const writerKey = (host: string | null, by: string | null): string => JSON.stringify([host, by]);

/**
 * Keeps what a record tells near the run, and gives it the names that the run uses. Who wrote which line is only known at
 * the end: both units of a pair may write under one name.
 */
export class Keeper {
  readonly #file: string;
  readonly #context: RecordContext;
  readonly names: Names;
  #kept: Kept[] = [];
  #elsewhen = 0;
  #dropped = 0;

  constructor(path: string, context: RecordContext) {
    this.#file = path;
    this.#context = context;
    this.names = new Names(context);
  }

  add(told: Told, at: Instant, where: { host: string | null; line: number; text: string }): void {
    const { host, line, text } = where;
    if (this.#off(at) > this.#reach_ms) {
      this.#elsewhen += 1;
      return;
    }
    this.#kept.push({ told, at, host, line, raw: brief(text) });
    if (this.#kept.length >= 2 * MOST) this.#trim();
  }

  /** Where it is not known how far from UTC the clock is, it may be most of a day. */
  get #reach_ms(): number {
    return this.#context.zone_min === null ? 2 * DAY_MS : DAY_MS;
  }

  #off({ lo_ms, hi_ms }: Instant): number {
    const { near } = this.#context;
    return Math.max(0, near.lo_ms - hi_ms, lo_ms - near.hi_ms);
  }

  /** Those nearest to the run stay. */
  #trim(): void {
    if (this.#kept.length <= MOST) return;
    const sorted = this.#kept.toSorted((a, b) => this.#off(a.at) - this.#off(b.at));
    this.#dropped += sorted.length - MOST;
    this.#kept = sorted.slice(0, MOST).toSorted((a, b) => a.line - b.line);
  }

  /** @param unnamed whose the lines are that name nobody, and where the user did not say */
  finish(unnamed = basename(this.#file)): { evidence: Evidence[]; notes: string[] } {
    this.#trim();
    const own = this.#own();
    const writers = this.#writers(unnamed, own);
    const nodeOf = (name: string): string => this.names.of(name, own);
    const evidence = this.#kept.map(({ told, at, host, line, raw }): Evidence => {
      const { kind, subject, value, part, by = null } = told;
      const writer = writers.get(writerKey(host, by)) ?? unnamed;
      const named = subject === null ? writer : OF_A_DEVICE.has(kind) ? nodeOf(subject) : subject;
      const given = value !== null && TO_A_DEVICE.has(kind) ? nodeOf(value) : value;
      return {
        kind,
        subject: brief(named, 120),
        value: given === null ? (kind === 'address-moved' ? writer : null) : brief(given, 120),
        ...(part === undefined ? {} : { part: brief(part, 120) }),
        lo_ms: at.lo_ms,
        hi_ms: at.hi_ms,
        clock: writer,
        file: this.#file,
        line,
        raw,
      };
    });
    return { evidence, notes: this.#notes(new Set(evidence.map(({ clock }) => clock)), evidence.length) };
  }

  #notes(writers: ReadonlySet<string>, count: number): string[] {
    const { owner } = this.#context;
    return [
      ...(this.#dropped === 0
        ? []
        : [
            `more than ${MOST} lines tell something: ${this.#dropped} of them, farthest from the run, were left out`,
          ]),
      ...(this.#elsewhen > 0 && count > 0
        ? [
            `${plural(this.#elsewhen, 'line')} that would tell something ${this.#elsewhen === 1 ? 'is' : 'are'} of other days, and left out`,
          ]
        : []),
      ...(owner !== null && !writers.has(owner) && writers.size > 1
        ? [
            `its lines are of several devices (${[...writers].slice(0, 5).join(', ')}), so they were not taken for those of ${owner}`,
          ]
        : []),
    ];
  }

  /** The node whose record it is: as the user said, or the one host that wrote all of it. */
  #own(): string | null {
    const { owner, nodes } = this.#context;
    if (owner !== null) return owner;
    const hosts = new Set(this.#kept.map(({ host }) => host));
    const [host = null] = hosts;
    const named = hosts.size === 1 && host !== null ? this.names.of(host, null) : null;
    return nodes.some(({ name }) => name === named) ? named : null;
  }

  /** One name for each who wrote. */
  #writers(unnamed: string, own: string | null): Map<string, string> {
    const { owner } = this.#context;
    const units = new Map<string | null, Set<string>>();
    for (const { host, told } of this.#kept) {
      const members = units.get(host) ?? new Set();
      if (told.by !== undefined) members.add(told.by);
      units.set(host, members);
    }
    const all = new Map<string, string>();
    const devices = [...units.values()].reduce((sum, { size }) => sum + Math.max(1, size), 0);
    for (const [host, members] of units) {
      const only = members.size === 1 ? ([...members][0] as string) : null;
      const one = devices === 1 && owner !== null ? owner : (host ?? only ?? owner ?? unnamed);
      for (const by of [null, ...members])
        all.set(
          writerKey(host, by),
          brief(this.names.of(by === null || members.size === 1 ? one : by, own), 120),
        );
    }
    return all;
  }
}
