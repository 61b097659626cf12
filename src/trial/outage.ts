import type { Scenario } from '../model/plan.js';
import { ns, type Nanoseconds } from '../model/time.js';
import type { Trigger } from '../trigger/trigger.js';
import type { NodeRole } from '../trigger/ask/role.js';
import type { Probing } from './probing.js';
import { hasHeld, type Forwarding } from './forwarding.js';

/** Beyond twice the outage: the retransmission timer at onset, the round trip, a heartbeat. */
const SESSION_GRACE = 2e9;
/** After this long the live state shows a heartbeat without an echo as a stalled session. */
const OVERDUE = 1e9;
/** Two live states. */
const LIVE = ns(0.25e9);
/** Between two looks at the roles while nothing is lost. */
const ROLE_LOOK = ns(1e9);

/** Waits out what a trigger does: the loss, or the role that moves without one, and the recovery that holds. */
export class Outage {
  readonly #scenario: Scenario;
  readonly #trigger: Trigger;
  readonly #probing: Probing;
  readonly #forwarding: Forwarding;
  readonly #triggered: Nanoseconds;
  /** Who was active before and is not to be any more; null where nobody can tell. */
  readonly #former: string | null;
  /** Others were active as well: that one of them is says nothing. */
  readonly #shared: boolean;
  readonly #badBefore: number;

  /** @param triggered when the trigger was issued, from the trial's origin. */
  constructor(
    { scenario, trigger }: { readonly scenario: Scenario; readonly trigger: Trigger },
    probing: Probing,
    forwarding: Forwarding,
    { triggered, before }: { readonly triggered: Nanoseconds; readonly before: readonly NodeRole[] },
  ) {
    this.#scenario = scenario;
    this.#trigger = trigger;
    this.#probing = probing;
    this.#forwarding = forwarding;
    this.#triggered = triggered;
    const active = before.filter(({ role }) => role === 'active').map(({ node }) => node);
    this.#shared = active.length > 1;
    this.#former = this.#shared ? scenario.trigger.node : (active[0] ?? null);
    this.#badBefore = forwarding.clean().bad;
  }

  /** A loss, or the role on another node although nothing was lost; false if neither came in time. */
  async happened(say: (roles: readonly NodeRole[]) => void): Promise<boolean> {
    const end = this.#forwarding.now() + this.#scenario.trigger.timeout_ns;
    while (this.#forwarding.now() < end) {
      if (await this.#forwarding.until(() => this.#hit(), ROLE_LOOK)) return true;
      const former = this.#former;
      if (former === null) continue;
      const moved = await this.#forwarding.ask((signal) => this.#moved(former, signal));
      if (moved === null) continue;
      say(moved);
      return true;
    }
    return false;
  }

  /** The readings that show that the role is no longer with the former node alone; null: it is. */
  async #moved(former: string, signal: AbortSignal): Promise<readonly NodeRole[] | null> {
    const roles = this.#shared ? [await this.#trigger.role(former, signal)] : await this.#peers(signal);
    return roles.some(({ role }) => (role === 'active') !== this.#shared) ? roles : null;
  }

  /** Every crossing stream is clean again; false if the scenario's `give-up` came first. */
  isBack(): Promise<boolean> {
    return this.#forwarding.until(() => this.#forwarding.clean().since_ns !== null, this.#left());
  }

  /** Sustained recovery, and time for the sessions to resume; false where it did not hold in time. */
  async hasRecovered(): Promise<boolean> {
    const { recovered_ns } = this.#scenario.trial;
    const from = this.#forwarding.now();
    const held = (): boolean => hasHeld(this.#forwarding.clean(), recovered_ns, this.#hit() ? ns(0) : from);
    // A recovery at the very end of `give-up` is still allowed to prove itself.
    if (!(await this.#forwarding.until(held, ns(Math.max(this.#left(), 2 * recovered_ns))))) return false;
    await this.#idleSpeak();
    await this.#sessionsResumed();
    return true;
  }

  /** The roles after the event: of the peers, which answer at once, and of the node acted on only if need be. */
  rolesAfter(): Promise<readonly NodeRole[]> {
    return this.#forwarding.ask((signal) => this.#rolesAfter(signal));
  }

  async #rolesAfter(signal: AbortSignal): Promise<readonly NodeRole[]> {
    if (this.#shared) return this.#trigger.roles(signal);
    const peers = await this.#peers(signal);
    const known = this.#former === null || peers.some(({ role }) => role === 'active');
    return known ? peers : this.#trigger.roles(signal);
  }

  /** Sessions that were idle say their first word, and get time to be answered: the path is there. */
  async #idleSpeak(): Promise<void> {
    const idle = this.#scenario.sessions.filter((plan) => plan.idle);
    if (idle.length === 0) return;
    this.#probing.tell({ do: 'speak' });
    const heartbeat = Math.max(...idle.map(({ heartbeat_ns }) => heartbeat_ns));
    // The live state has to show them waiting before it can show them answered.
    await this.#forwarding.pause(LIVE);
    await this.#forwarding.until(() => this.#resumed(), ns(SESSION_GRACE + 2 * heartbeat));
  }

  /**
   * TCP sends again at doubling intervals: a session may stall for almost twice the outage (docs/sessions.md, "The
   * stall"). To call it blackholed before that would be wrong, and so would be to call it anything before it has spoken
   * since the recovery.
   */
  async #sessionsResumed(): Promise<void> {
    const { since_ns } = this.#forwarding.clean();
    if (since_ns === null) return;
    const outage = Math.max(0, since_ns - this.#triggered);
    const speaking = this.#scenario.sessions.filter(
      ({ idle, openEvery_ns }) => !idle && openEvery_ns === null,
    );
    const heartbeat = Math.max(0, ...speaking.map(({ heartbeat_ns }) => heartbeat_ns));
    const spoken = this.#triggered + outage + (speaking.length === 0 ? 0 : heartbeat + OVERDUE);
    const grace = 2 * outage + heartbeat + SESSION_GRACE;
    const end = this.#triggered + Math.min(grace, this.#scenario.trial.giveUp_ns);
    await this.#forwarding.until(
      () => this.#forwarding.now() >= spoken && this.#resumed(),
      ns(Math.max(0, end - this.#forwarding.now())),
    );
  }

  #resumed(): boolean {
    return this.#probing.sessions().every(({ stalled }) => stalled === 0);
  }

  #hit(): boolean {
    const { bad, since_ns } = this.#forwarding.clean();
    return bad > this.#badBefore || since_ns === null || since_ns > this.#triggered;
  }

  #left(): Nanoseconds {
    return ns(this.#triggered + this.#scenario.trial.giveUp_ns - this.#forwarding.now());
  }

  #peers(signal: AbortSignal): Promise<NodeRole[]> {
    const peers = this.#scenario.nodes.filter(({ name }) => name !== this.#former);
    return Promise.all(peers.map(({ name }) => this.#trigger.role(name, signal)));
  }
}
