import type { HaSettings } from './ha-files.js';

/** What a node says of itself. `stopped` only in its last heartbeat. */
export type HaRole = 'passive' | 'taking-over' | 'active' | 'suspended' | 'stopped';
export type HaStep = 'detach' | 'attach' | 'promotion';

/** One heartbeat: a JSON datagram over the HA link. */
export interface Heartbeat {
  readonly role: HaRole;
  /** Of the role; epoch seconds. */
  readonly since: number;
}

/** Everything a node's HA software does to the world. */
export interface HaHands {
  /** Milliseconds that only go forward. */
  readonly monotonic_ms: () => number;
  /** Epoch seconds. */
  readonly now: () => number;
  readonly send: (heartbeat: Heartbeat) => void;
  /** Moves the addresses here and takes its time to promote; rejects when aborted. */
  readonly takeOver: (signal: AbortSignal, onStep: (step: HaStep) => void) => Promise<void>;
  /** Addresses and gate: this node forwards from now on, or not any more. */
  readonly forward: (on: boolean) => Promise<void>;
  readonly publish: (status: HaStatus) => void;
}

/** As `ha-status` prints it. */
export interface HaStatus {
  readonly node: string;
  readonly role: HaRole;
  /** Only while it takes over. */
  readonly step: HaStep | null;
  /** Of the role; epoch seconds. */
  readonly since: number;
  readonly peer: HaRole | 'silent';
}

/**
 * The HA software of one node. A passive one takes over when its peer was silent for `missed` heartbeats, at once when it
 * says that it is suspended or stopped. One that returns stays passive: nobody takes a role back. Where nobody is
 * active and both are there (at the start), fw-a takes over; of two that are active the later one stays.
 */
export class HaNode {
  readonly #settings: HaSettings;
  readonly #hands: HaHands;
  #role: HaRole = 'passive';
  #step: HaStep | null = null;
  #since: number;
  #peer: Heartbeat | null = null;
  #heard_ms: number;
  /** When an active node was last heard of, or this one began to listen. */
  #active_ms: number;
  #takeover: AbortController | null = null;

  constructor(settings: HaSettings, hands: HaHands) {
    this.#settings = settings;
    this.#hands = hands;
    this.#since = hands.now();
    this.#heard_ms = this.#active_ms = hands.monotonic_ms();
    this.#publish();
  }

  hear(heartbeat: Heartbeat): void {
    const before = this.#peerRole();
    this.#peer = heartbeat;
    this.#heard_ms = this.#hands.monotonic_ms();
    if (heartbeat.role === 'active' || heartbeat.role === 'taking-over') this.#active_ms = this.#heard_ms;
    if (before !== heartbeat.role) this.#publish();
    this.#decide();
  }

  /** Once per heartbeat: says that it is there, and looks whether the peer is. */
  tick(): void {
    this.#hands.send({ role: this.#role, since: this.#since });
    const gone = this.#peer !== null && this.#silent();
    if (gone) {
      this.#peer = null;
      this.#publish();
    }
    this.#decide();
  }

  suspend(): void {
    if (this.#role !== 'suspended') void this.#stepDown('suspended');
  }

  resume(): void {
    if (this.#role !== 'suspended') return;
    this.#active_ms = this.#heard_ms = this.#hands.monotonic_ms();
    this.#become('passive');
  }

  /** In good order: the peer is told. */
  async stop(): Promise<void> {
    await this.#stepDown('stopped');
  }

  #silent(): boolean {
    return this.#hands.monotonic_ms() - this.#heard_ms >= this.#patience();
  }

  #patience(): number {
    return (this.#settings.missed * this.#settings.heartbeat_ns) / 1e6;
  }

  #peerRole(): HaRole | 'silent' {
    return this.#peer?.role ?? 'silent';
  }

  #decide(): void {
    const { role, since } = this.#peer ?? { role: 'silent' as const, since: 0 };
    if (this.#role === 'passive' && this.#wanted(role)) void this.#takeOver();
    const late = role === 'active' && since > this.#since;
    if (late && (this.#role === 'active' || this.#role === 'taking-over')) void this.#stepDown('passive');
  }

  /** Has this passive node to take over? */
  #wanted(peer: HaRole | 'silent'): boolean {
    switch (peer) {
      case 'active':
      case 'taking-over':
        return false;
      case 'suspended':
      case 'stopped':
        return true;
      case 'silent':
        return this.#silent();
      case 'passive':
        return (
          this.#settings.node === 'fw-a' && this.#hands.monotonic_ms() - this.#active_ms >= this.#patience()
        );
    }
  }

  async #takeOver(): Promise<void> {
    const takeover = new AbortController();
    this.#takeover = takeover;
    this.#become('taking-over');
    try {
      await this.#hands.takeOver(takeover.signal, (step) => {
        this.#step = step;
        this.#publish();
      });
      await this.#hands.forward(true);
      if (!takeover.signal.aborted) this.#become('active');
    } catch (error) {
      if (!takeover.signal.aborted) throw error;
    }
  }

  async #stepDown(role: 'passive' | 'suspended' | 'stopped'): Promise<void> {
    this.#takeover?.abort();
    const closed = this.#hands.forward(false);
    this.#become(role);
    await closed;
  }

  /** The peer is told at once: a change of role is not what it should have to wait for. */
  #become(role: HaRole): void {
    this.#role = role;
    this.#step = null;
    this.#since = this.#hands.now();
    this.#publish();
    this.#hands.send({ role, since: this.#since });
  }

  #publish(): void {
    this.#hands.publish({
      node: this.#settings.node,
      role: this.#role,
      step: this.#step,
      since: this.#since,
      peer: this.#peerRole(),
    });
  }
}
