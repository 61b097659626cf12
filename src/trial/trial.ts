import { KnownError, messageOf } from '../model/error.js';
import type { MeasuredPhase, TrialEventBody, TrialPhaseName } from '../model/event.js';
import type { Action, Scenario } from '../model/plan.js';
import { ns, type Clock, type Nanoseconds } from '../model/time.js';
import { observeRoles } from '../observe/roles.js';
import type { TrialWriter } from '../store/trial-writer.js';
import type { NodeRole, TriggerControl } from '../trigger/control.js';
import type { UndoJournal } from '../trigger/journal.js';
import { drainTime, Probing } from './probing.js';
import type { ProgressListener } from './progress.js';
import { hasHeld } from './recovery.js';
import { restorePair } from './restore.js';
import { Watch } from './watch.js';

export interface TrialContext {
  readonly scenario: Scenario;
  /** 1-based. */
  readonly trial: number;
  readonly writer: TrialWriter;
  readonly trigger: TriggerControl;
  readonly journal: UndoJournal;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly listener: ProgressListener;
}

/** Beyond twice the outage: the retransmission timer at onset, the round trip, a heartbeat. */
const SESSION_GRACE = 2e9;
/** After this the answers of an interrupted trial are not waited for any longer. */
const HASTY_DRAIN = ns(0.3e9);

/**
 * One trial, in the phases of docs/method.md: preflight, steady, trigger, outage, recovered, restore, failback,
 * drain, cool-down. Whatever happens, the probing ends, the pair is restored and the history is closed.
 */
export class Trial {
  readonly #context: TrialContext;
  readonly #origin: Nanoseconds;
  readonly #probing: Probing;
  readonly #watch: Watch;
  #phase: TrialPhaseName = 'preflight';
  #of: MeasuredPhase = 'failover';
  #phaseSince: Nanoseconds = ns(0);
  #planned: Nanoseconds | null = null;
  #triggered: Nanoseconds | null = null;
  #node: string | null = null;
  #action: Action | null = null;
  #touched = false;
  #stopObservers: (() => void)[] = [];

  constructor(context: TrialContext) {
    const { scenario, writer, clock, signal } = context;
    this.#context = context;
    this.#origin = clock.monotonic();
    this.#probing = new Probing(scenario, writer, clock, this.#origin);
    this.#probing.onLive = () => this.#show();
    this.#probing.onNote = (text) => context.listener.line(text);
    this.#watch = new Watch(this.#probing, clock, this.#origin, signal);
  }

  async run(): Promise<void> {
    const { trial } = this.#context.scenario;
    let clean = false;
    try {
      const before = await this.#preflight();
      await this.#probing.start();
      this.#observe();
      await this.#failover(before);
      if (trial.failback === 'measure') await this.#failback(before);
      clean = true;
    } catch (error) {
      this.#event({ event: 'broken-off', of: this.#of, phase: this.#phase, reason: messageOf(error) });
      throw error;
    } finally {
      await this.#end(clean);
    }
  }

  /** Who is active? Two actives or none stop the run before anything is touched. */
  async #preflight(): Promise<readonly NodeRole[]> {
    const { scenario, trigger } = this.#context;
    this.#enter('preflight');
    const roles = await trigger.roles();
    this.#node = trigger.choose(roles);
    this.#action = scenario.trigger.action;
    this.#sayRoles(roles, 'before');
    const { ok, detail } = await trigger.health();
    if (!ok)
      throw new KnownError(`the pair is not healthy before the trial: ${detail}`, {
        remedy: 'mend the pair first; nothing was touched',
      });
    return roles;
  }

  #observe(): void {
    const { scenario, trigger } = this.#context;
    this.#stopObservers = scenario.observe.map((plan) =>
      observeRoles(
        plan,
        scenario.nodes,
        (node) => trigger.role(node),
        (role) => this.#sayRoles([role], 'observed'),
      ),
    );
  }

  async #failover(before: readonly NodeRole[]): Promise<void> {
    const { scenario } = this.#context;
    this.#enter('steady', scenario.trial.steady_ns);
    await this.#watch.steady(scenario.trial.steady_ns, ns(0), this.#patience());
    await this.#pullTheTrigger(this.#node, scenario.trigger.action);
    await this.#outageAndRecovery(before);
  }

  /** Restores the pair, moves the role back to where it was, and measures that too (reversion, RFC 6413 §4). */
  async #failback(before: readonly NodeRole[]): Promise<void> {
    const { scenario, trigger } = this.#context;
    const { trial } = scenario;
    await this.#restore();
    const now = await trigger.roles();
    const active = now.find(({ role }) => role === 'active')?.node;
    const former = before.find(({ role }) => role === 'active')?.node;
    if (active === undefined || active === former) {
      const why =
        active === undefined ? 'no node says that it is active' : `${active} is active again by itself`;
      this.#event({ event: 'note', text: `failback not measured: ${why}` });
      return;
    }
    this.#of = 'failback';
    this.#node = active;
    this.#action = 'switchover';
    this.#enter('failback', trial.recovered_ns);
    this.#sayRoles(now, 'before');
    // The clean time since the recovery counts: it has been probed all the while.
    await this.#watch.steady(trial.recovered_ns, ns(0), this.#patience());
    await this.#pullTheTrigger(active, 'switchover');
    await this.#outageAndRecovery(now);
  }

  async #pullTheTrigger(node: string | null, action: Action): Promise<void> {
    const { scenario, trigger, journal, random, signal } = this.#context;
    // A random instant within the longest interval: else the phase of streams and trigger might be locked.
    const longest = Math.max(
      ...scenario.streams.map(({ every_ns }) => every_ns),
      ...scenario.sessions.map(({ heartbeat_ns }) => heartbeat_ns),
    );
    await this.#watch.pause(ns(random() * longest));
    this.#enter('trigger');
    const planned = trigger.plan(node, action);
    const name = node ?? 'pair';
    // The undo is on disk before the change is made.
    if (planned.undo.length > 0) await journal.record(planned);
    this.#triggered = this.#watch.now();
    this.#touched = true;
    const { outcome, detail } = await trigger.act(planned, {
      signal,
      onStamp: (kind, at, text) => {
        const at_ns = ns(Math.round(at - this.#origin));
        if (kind === 'issued') this.#triggered = at_ns;
        this.#event({ event: `trigger-${kind}`, of: this.#of, node: name, action, detail: text }, at_ns);
      },
    });
    if (outcome !== 'failed') return;
    this.#event({ event: 'trigger-failed', of: this.#of, node: name, action, detail });
    throw new KnownError(`the trigger failed: ${action} of ${name}: ${detail}`, {
      remedy: `try it by hand: ${planned.steps.join('; ')}`,
    });
  }

  /** Waits for traffic to stop and to come back for good, or for the role to move without a loss. */
  async #outageAndRecovery(before: readonly NodeRole[]): Promise<void> {
    const { scenario } = this.#context;
    const { trial } = scenario;
    const triggered = this.#triggered as Nanoseconds;
    const badBefore = this.#watch.clean().bad;
    this.#enter('outage', trial.giveUp_ns);
    const hit = (): boolean => {
      const { bad, since_ns } = this.#watch.clean();
      return bad > badBefore || since_ns === null || since_ns > triggered;
    };
    const happened = await this.#untilHitOrMoved(before, hit);
    if (!happened) {
      this.#context.listener.line(
        `nothing failed over within ${scenario.trigger.timeout_ns / 1e9} s of the trigger`,
      );
    } else {
      const deadline = ns(triggered + trial.giveUp_ns - this.#watch.now());
      const back = await this.#watch.until(() => this.#watch.clean().since_ns !== null, deadline);
      if (back) {
        this.#enter('recovered', trial.recovered_ns);
        const left = ns(Math.max(triggered + trial.giveUp_ns - this.#watch.now(), 2 * trial.recovered_ns));
        const after = this.#watch.now();
        const held = (): boolean => hasHeld(this.#watch.clean(), trial.recovered_ns, hit() ? ns(0) : after);
        await this.#watch.until(held, left);
        await this.#letSessionsResume(triggered);
      }
    }
    this.#sayRoles(await this.#rolesAfter(before), 'after');
  }

  /**
   * TCP sends again at doubling intervals: a session may stall for almost twice the outage (docs/method.md, "TCP
   * stall"). To call it blackholed before that would be wrong.
   */
  async #letSessionsResume(triggered: Nanoseconds): Promise<void> {
    const { since_ns } = this.#watch.clean();
    if (since_ns === null) return;
    const outage = Math.max(0, since_ns - triggered);
    const end = Math.min(
      triggered + 2 * outage + SESSION_GRACE,
      triggered + this.#context.scenario.trial.giveUp_ns,
    );
    const stalled = (): boolean => this.#probing.sessions().some((sessions) => sessions.stalled > 0);
    await this.#watch.until(() => !stalled(), ns(end - this.#watch.now()));
  }

  /** A loss, or the role on another node although nothing was lost; false if neither came in time. */
  async #untilHitOrMoved(before: readonly NodeRole[], hit: () => boolean): Promise<boolean> {
    const { scenario } = this.#context;
    const end = this.#watch.now() + scenario.trigger.timeout_ns;
    const former = before.find(({ role }) => role === 'active')?.node;
    while (this.#watch.now() < end) {
      if (await this.#watch.until(hit, ns(1e9))) return true;
      const peers = await this.#peersOf(former ?? null);
      if (peers.some(({ role }) => role === 'active')) return true;
    }
    return false;
  }

  /** The roles after the event: of the peers, which answer at once, and of the node acted on only if need be. */
  async #rolesAfter(before: readonly NodeRole[]): Promise<readonly NodeRole[]> {
    const former = before.find(({ role }) => role === 'active')?.node ?? null;
    const peers = await this.#peersOf(former);
    const known = former === null || peers.some(({ role }) => role === 'active');
    return known ? peers : this.#context.trigger.roles();
  }

  #peersOf(node: string | null): Promise<NodeRole[]> {
    const { scenario, trigger } = this.#context;
    const peers = scenario.nodes.filter(({ name }) => name !== node);
    return Promise.all(peers.map(({ name }) => trigger.role(name)));
  }

  async #restore(): Promise<void> {
    const { trigger, journal, scenario, clock, listener } = this.#context;
    this.#enter('restore', scenario.trial.restore_ns);
    await restorePair({ trigger, journal, clock, within: scenario.trial.restore_ns }, (node, detail, ok) => {
      this.#event({ event: 'undo', node, detail, ok });
      listener.line(`${ok ? 'undone' : 'NOT undone'}: ${node}: ${detail}`);
    });
  }

  /** Runs always: the last answers, then the pair as it was. */
  async #end(clean: boolean): Promise<void> {
    const { scenario, writer } = this.#context;
    for (const stop of this.#stopObservers) stop();
    try {
      this.#enter('drain');
      await this.#probing.drain(clean ? drainTime(scenario.streams) : HASTY_DRAIN).catch((error: unknown) => {
        // The agent's own failure is the trial's error already; here it would hide it.
        if (clean) throw error;
      });
      if (this.#touched) await this.#restore();
    } finally {
      this.#probing.kill();
      await writer.close();
    }
  }

  /** How long a steady phase may take to become clean. */
  #patience(): Nanoseconds {
    const { steady_ns, giveUp_ns } = this.#context.scenario.trial;
    return ns(steady_ns + Math.min(giveUp_ns, 60e9));
  }

  #sayRoles(roles: readonly NodeRole[], when: 'before' | 'after' | 'observed'): void {
    for (const { node, role, raw, error } of roles)
      this.#event({ event: 'role', node, role, raw: raw === '' ? (error ?? '') : raw, when });
  }

  #enter(phase: TrialPhaseName, planned: Nanoseconds | null = null): void {
    this.#phase = phase;
    this.#planned = planned;
    this.#phaseSince = this.#watch.now();
    this.#event({ event: 'phase', phase, of: this.#of });
    this.#show();
  }

  #event(body: TrialEventBody, at_ns: Nanoseconds = this.#watch.now()): void {
    this.#context.writer.event({ at_ns, ...body });
  }

  #show(): void {
    const { trial, scenario, listener } = this.#context;
    listener.progress({
      trial,
      repeat: scenario.trial.repeat,
      of: this.#of,
      phase: this.#phase,
      planned_ns: this.#planned,
      phaseSince_ns: this.#phaseSince,
      now_ns: this.#watch.now(),
      node: this.#node,
      action: this.#action,
      triggered_ns: this.#triggered,
      streams: this.#probing.streams(),
      sessions: this.#probing.sessions(),
    });
  }
}
