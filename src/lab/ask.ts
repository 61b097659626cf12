import { connect } from 'node:net';
import type { LabPlan } from '../model/lab-plan.js';
import { whenAborted, within } from '../deadline.js';
import { KnownError, usage } from '../model/error.js';
import { ns } from '../model/time.js';
import { formatDuration } from '../model/duration.js';
import { labPaths } from './paths.js';
import type { NodeName } from './ground/topology.js';

/** `crash` is a cut with the power back at once: the machine boots. */
export const POWER_ACTIONS = ['crash', 'off', 'on', 'status'] as const;
export type PowerAction = (typeof POWER_ACTIONS)[number];
export type PowerState = 'on' | 'off' | 'booting';

/** One request per connection to the controller's UNIX socket, one JSON line each way. */
export type LabQuestion =
  | { readonly ask: 'power'; readonly node: NodeName; readonly action: PowerAction }
  | { readonly ask: 'status' }
  | { readonly ask: 'witness'; readonly on: boolean };

export interface PowerAnswer {
  readonly node: NodeName;
  readonly power: PowerState;
}

export interface LabStatus {
  readonly plan: LabPlan;
  readonly witness: boolean;
  /** With each node's HA state in its own words; null while it says nothing. */
  readonly nodes: readonly (PowerAnswer & { readonly ha: string | null })[];
}

export type LabAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** A machine that is cut off and one that boots are answered for at once: only a lab that hangs takes so long. */
const PATIENCE = ns(60e9);
/** Far more than the status of any lab. */
const MOST_LINE = 1 << 20;

const hangs = (why: string, cause?: unknown): KnownError =>
  new KnownError(`the lab ${why}`, { remedy: 'end it with "seqgap lab down"', cause });

/** All that the lab says until it closes the connection. */
const exchange = (request: LabQuestion, root: string, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(`${root}${labPaths.socket}`);
    let text = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length <= MOST_LINE) return;
      reject(hangs('gives an answer without end'));
      socket.destroy();
    });
    socket.on('error', (cause) =>
      reject(
        usage(
          'no lab answers here',
          'start one with "seqgap lab up", or run this inside a scenario with "lab: vrrp"',
          cause,
        ),
      ),
    );
    socket.on('end', () => resolve(text));
    whenAborted(signal, () => socket.destroy());
  });

const answerIn = <T>(text: string): LabAnswer<T> => {
  if (text === '') throw new KnownError('the lab ended without an answer');
  try {
    return JSON.parse(text) as LabAnswer<T>;
  } catch (cause) {
    throw hangs('gives an answer that is none', cause);
  }
};

const ask = async <T>(request: LabQuestion, root: string, patience = PATIENCE): Promise<T> => {
  const late = (): KnownError => hangs(`does not answer within ${formatDuration(patience)}`);
  const text = await within(patience, undefined, (signal) => exchange(request, root, signal), late);
  const answer = answerIn<T>(text);
  if (!answer.ok) throw new KnownError(`lab power: ${answer.error}`);
  return answer.value;
};

/** `root`: `` inside a lab, `/proc/PID/root` of its init from outside. */
export const askPower = (node: NodeName, action: PowerAction, root = ''): Promise<PowerAnswer> =>
  ask({ ask: 'power', node, action }, root);

export const askStatus = (root = '', patience = PATIENCE): Promise<LabStatus> =>
  ask({ ask: 'status' }, root, patience);

/** Lets the witness go on, or pauses it. */
export const askWitness = (on: boolean): Promise<LabStatus> => ask({ ask: 'witness', on }, '');
