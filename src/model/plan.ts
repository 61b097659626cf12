import type { Nanoseconds } from './time.js';

/** The four measurands that disagree (docs/method.md, "Four measurands"). */
export type StreamClass = 'stateless' | 'new-tcp';
export type SessionKind = 'tcp' | 'ssh';
export type IcmpEngine = 'auto' | 'net-ping' | 'ping';

/** What one stream of probes is to do; everything resolved, nothing optional left open. */
export interface StreamPlan {
  readonly name: string;
  readonly type: 'icmp' | 'tcp';
  /** Name of the vantage. */
  readonly from: string;
  /** Host name or address as the scenario gives it; resolved once, at the vantage. */
  readonly host: string;
  /** TCP only. */
  readonly port: number | null;
  /** 4 or 6 forces a family; null takes that of the first address found. */
  readonly family: 4 | 6 | null;
  readonly every_ns: Nanoseconds;
  /** How long to wait for a reply before the probe is written as lost. */
  readonly wait_ns: Nanoseconds;
  /** Octets of ICMP payload. */
  readonly size: number;
  readonly control: boolean;
  readonly engine: IcmpEngine;
}

export interface SshLogin {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Path of a private key. */
  readonly key: string | null;
  readonly passphrase: string | null;
  readonly password: string | null;
  /** Use the agent at SSH_AUTH_SOCK. */
  readonly agent: boolean;
  /** `known_hosts` file to check against; null: no check was asked for (`host-key: ignore`). */
  readonly knownHosts: string | null;
  readonly timeout_ns: Nanoseconds;
}

/** Long-lived connections that carry numbered heartbeats, each echoed by the far end. */
export interface SessionPlan {
  readonly name: string;
  readonly type: SessionKind;
  readonly from: string;
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6 | null;
  readonly count: number;
  readonly heartbeat_ns: Nanoseconds;
  /** SSH only. */
  readonly login: SshLogin | null;
  readonly control: boolean;
}
