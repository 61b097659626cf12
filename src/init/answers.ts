import type { Driver } from '../trigger/driver/schema.js';
import type { Place } from './place.js';

/** How one logs in by SSH: with the keys of the agent, a password from the environment, or a key file. */
export type Login =
  | { readonly kind: 'agent' }
  | { readonly kind: 'password' }
  | { readonly kind: 'key'; readonly file: string };

/** Where something is reached; no port: the usual one. */
export interface Address {
  readonly host: string;
  readonly port: number | null;
}

export interface NodeAnswer {
  readonly name: string;
  readonly address: Address;
  readonly params: Readonly<Record<string, string>>;
  /** null: its power driver needs no host of its own, or there is none. */
  readonly powerAddress: Address | null;
  readonly powerParams: Readonly<Record<string, string>>;
}

/** The driver of the nodes with what it takes to log in. */
export interface Equipment {
  readonly driver: Driver;
  readonly user: string;
  readonly login: Login;
  readonly power: Driver | null;
  readonly powerUser: string;
  readonly nodes: readonly NodeAnswer[];
}

/** Everything that `seqgap init` asks. */
export interface Answers {
  readonly name: string;
  /** null: no driver; a person fails the pair over. */
  readonly equipment: Equipment | null;
  /** As drivers name it (`crash-redeploy`), or `manual`. */
  readonly action: string;
  readonly from: Place;
  readonly target: string;
  /** A TCP port of the target; null: no stream of new connections. */
  readonly port: number | null;
  /** A host that is reached without the pair; null: none is known. */
  readonly control: string | null;
  /** User of an SSH session to the target; null: none. */
  readonly shellUser: string | null;
  readonly repeat: number;
}
