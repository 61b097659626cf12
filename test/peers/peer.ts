import { afterAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clock.js';
import type { HttpLogin } from '../../src/model/login.js';
import type { ACTIONS, NodePlan } from '../../src/model/plan.js';
import { ns } from '../../src/model/time.js';
import { openInquiries } from '../../src/trigger/ask/inquiry.js';
import { driversWithBare } from '../io/trigger/bare.js';
import { pairOf } from '../io/trigger/pair-of.js';

/** Real programs that this host does not have, each with why (scripts/peers.mjs). */
const absent = JSON.parse(process.env['SEQGAP_PEERS'] ?? '{"failed":{},"skipped":{}}') as Readonly<
  Record<'failed' | 'skipped', Readonly<Record<string, string>>>
>;

/** Tests that need a program of scripts/peers.json; without it they are skipped, and say why by their name; in the gate they fail. */
export const describePeer = (name: string, title: string, body: () => void): void => {
  const failed = absent.failed[name];
  const skipped = absent.skipped[name];
  if (failed !== undefined) test(title, () => expect.fail(failed));
  else if (skipped !== undefined) describe.skip(`${title} (${skipped})`, body);
  else describe(title, body);
};

const drivers = await driversWithBare();

export interface Power {
  readonly driver: string;
  readonly params: Readonly<Record<string, string>>;
  readonly http?: HttpLogin;
}

export interface Held {
  /** Outcome and detail of an action that was sent once. */
  act(): Promise<{ readonly outcome: string; readonly detail: string }>;
  /** What the undo did, in words. */
  undo(): Promise<string>;
}

const open: { close(): Promise<void> }[] = [];
/** To be called once by every file that holds or asks. */
export const closeAll = (): void =>
  afterAll(async () => {
    await Promise.all(open.map((each) => each.close()));
  });

/** One action of a power driver as a trial carries it out, and its undo; `crash-reset` is a crash with a variant. */
export const hold = ({ driver, params, http }: Power, name: string): Held => {
  const [action, variant] = /^([a-z]+)(?:-(.+))?$/.exec(name)?.slice(1) ?? [];
  const node: NodePlan = {
    name: 'fw-a',
    driver: 'bare',
    ssh: null,
    http: null,
    serial: null,
    params: {},
    power: { driver, ssh: null, http: http ?? null, params },
  };
  const kind = action as (typeof ACTIONS)[number];
  const pair = pairOf([node], drivers, { action: kind, variant: variant ?? null, timeout_ns: ns(120e9) });
  open.push(pair);
  const plan = pair.plan('fw-a', kind);
  return {
    act: () => pair.act(plan, { onStamp: () => undefined }),
    undo: async () => (await pair.undo(plan)).detail,
  };
};

/** The value that an observer of a driver reads, as a scenario's would. */
export const observed = async (
  driver: string,
  query: string,
  params: Readonly<Record<string, string>>,
): Promise<string> => {
  const source = { kind: 'driver', driver, query, params } as const;
  const observe = [{ name: 'seen', every_ns: ns(1e9), timeout_ns: ns(60e9), source }];
  const inquiries = openInquiries({ nodes: [], observe }, drivers, {
    clock: systemClock,
    seqgap: ['seqgap'],
  });
  open.push(inquiries);
  const [inquiry] = inquiries.of('seen');
  if (inquiry === undefined) throw new Error(`${driver} has no observer ${query}`);
  return inquiry.ask(AbortSignal.timeout(60_000));
};
