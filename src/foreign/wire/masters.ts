import { isoOf } from '../log-time.js';
import type { Findings, Moment } from './findings.js';
import { type Following, type Hello, HOLE_INTERVALS } from './hellos.js';

/** An advertisement that only the master of its group sends. */
export interface Advertisement extends Hello {
  /** `VRRP VRID 51` */
  readonly group: string;
  /** What tells groups of one number on several segments apart. */
  readonly segment: string;
  readonly interval_ms: number;
  /** The master gives its role up. */
  readonly resigns: boolean;
}

const MOST_GROUPS = 1024;

interface Group {
  readonly name: string;
  /** Who was last said to have the role; null: nobody, or who had it gave it up. */
  told: string | null;
  /** Who alone advertises, since when. */
  sender: string;
  since: Moment;
  /** Advertisements between those of another. */
  contested: { count: number; readonly from_ms: number; until_ms: number; readonly who: Set<string> } | null;
}

/** Of VRRP and CARP: who advertises is the master. Two that do so in turn are two masters, not a role that moves to and fro. */
export class Masters {
  readonly #findings: Findings;
  readonly #groups = new Map<string, Group>();

  constructor(findings: Findings) {
    this.#findings = findings;
  }

  see(ad: Advertisement, at: Moment, following: Following, mayBeOld: boolean): void {
    const key = `${ad.group} ${ad.segment}`;
    const group = this.#groups.get(key);
    if (group === undefined) {
      if (this.#groups.size >= MOST_GROUPS) return;
      const made: Group = { name: ad.group, told: null, sender: ad.sender, since: at, contested: null };
      this.#groups.set(key, made);
      this.#take(made, ad, at, mayBeOld);
      return;
    }
    if (group.sender === ad.sender) {
      const alone_ms = at.lo_ms - group.since.lo_ms;
      const isSettled =
        following !== 'on' || group.told === null || alone_ms >= HOLE_INTERVALS * ad.interval_ms;
      if (group.told !== ad.sender && isSettled)
        this.#take(group, ad, following === 'on' && group.told !== null ? group.since : at, false);
      else if (ad.resigns) group.told = null;
      return;
    }
    const held_ms = at.lo_ms - group.since.lo_ms;
    const isContested =
      following === 'on' && group.told !== null && held_ms < HOLE_INTERVALS * ad.interval_ms;
    const before = group.sender;
    group.sender = ad.sender;
    group.since = at;
    if (!isContested) {
      this.#take(group, ad, at, false);
      return;
    }
    group.contested ??= { count: 0, from_ms: at.lo_ms, until_ms: at.lo_ms, who: new Set() };
    group.contested.count += 1;
    group.contested.until_ms = at.lo_ms;
    if (group.contested.who.size < 8)
      for (const sender of [before, ad.sender]) group.contested.who.add(this.#findings.nameOf(sender));
  }

  /** Groups with more than one master at a time; a sentence each. */
  get notes(): string[] {
    return [...this.#groups.values()].flatMap(({ name, contested }) =>
      contested === null || contested.count < 2
        ? []
        : [
            `${name}: ${[...contested.who].join(' and ')} advertised in turn, as masters at the same time, ` +
              `between ${isoOf(contested.from_ms)} and ${isoOf(contested.until_ms)}`,
          ],
    );
  }

  #take(group: Group, ad: Advertisement, at: Moment, mayBeOld: boolean): void {
    group.told = ad.resigns ? null : ad.sender;
    if (ad.resigns || mayBeOld) return;
    const subject = this.#findings.nameOf(ad.sender);
    this.#findings.add(
      'role',
      { subject, value: 'active', part: group.name },
      at,
      `${ad.words}: only the master sends it`,
    );
  }
}
