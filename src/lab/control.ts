import { connect } from 'node:net';
import type { LabPlan } from '../model/lab-plan.js';
import { EXIT, KnownError } from '../model/error.js';
import { labPaths } from './place.js';
import type { NodeName } from './topology.js';

/** `crash` is a cut with the power back at once: the machine boots. */
export const POWER_ACTIONS = ['crash', 'off', 'on', 'status'] as const;
export type PowerAction = (typeof POWER_ACTIONS)[number];
export type PowerState = 'on' | 'off' | 'booting';

/** One request per connection to the controller's UNIX socket, one JSON line each way. */
export type ControlRequest =
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

export type ControlAnswer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string };

/** Silence after which a lab hangs. */
const ANSWER_MS = 60_000;
/** Far more than the status of any lab. */
const MOST_ANSWER = 1 << 20;

const ask = <T>(request: ControlRequest, root: string): Promise<T> =>
  new Promise((resolve, reject) => {
    const socket = connect(`${root}${labPaths.control}`);
    let text = '';
    socket.setEncoding('utf8');
    // A machine that is cut off and one that boots are answered for at once: only a lab that hangs takes so long.
    socket.setTimeout(ANSWER_MS, () => {
      socket.destroy();
      reject(new KnownError('the lab does not answer', { remedy: 'end it with "seqgap lab down"' }));
    });
    socket.on('connect', () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MOST_ANSWER) socket.destroy(new Error('an answer without end'));
    });
    socket.on('error', (cause) =>
      reject(
        new KnownError('no lab answers here', {
          remedy: 'start one with "seqgap lab up", or run this inside a scenario with "lab: vrrp"',
          exitCode: EXIT.usage,
          cause,
        }),
      ),
    );
    socket.on('end', () => {
      if (text === '') return reject(new KnownError('the lab ended without an answer'));
      const answer = JSON.parse(text) as ControlAnswer<T>;
      return answer.ok ? resolve(answer.value) : reject(new KnownError(`lab power: ${answer.error}`));
    });
  });

/** `root`: `` inside a lab, `/proc/PID/root` of its init from outside. */
export const askPower = (node: NodeName, action: PowerAction, root = ''): Promise<PowerAnswer> =>
  ask({ ask: 'power', node, action }, root);

export const askStatus = (root = ''): Promise<LabStatus> => ask({ ask: 'status' }, root);

/** Lets the witness go on, or pauses it. */
export const askWitness = (on: boolean): Promise<LabStatus> => ask({ ask: 'witness', on }, '');
