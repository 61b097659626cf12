import { dirname } from 'node:path';
import { doubtOf } from '../analysis/path.js';
import { heeding } from '../deadline.js';
import { KnownError, messageOf } from '../model/error.js';
import type { MeasuredPhase, TrialEventBody, StageName } from '../model/event.js';
import type { Action, Scenario } from '../model/plan.js';
import { formatDuration } from '../model/duration.js';
import { connectionsOf, oldestAge } from '../model/session.js';
import { ns, toSeconds, type Nanoseconds, type Clock } from '../model/time.js';
import { startCaptures, type Captures } from '../observe/captures.js';
import { startObservers } from '../observe/observers.js';
import { stopWatch } from '../observe/stop-conditions.js';
import type { TrialWriter } from '../store/trial-writer.js';
import type { UndoJournal } from '../trigger/act/journal.js';
import type { PairLock } from '../trigger/act/lock.js';
import type { NodeRole } from '../trigger/ask/role.js';
import type { Trigger } from '../trigger/trigger.js';
import type { Vigilance } from '../watchdog/watchdog.js';
import { allTrials, isControlTrial, switchSyncOff } from './control-arm.js';
import { provenUntil, Forwarding } from './forwarding.js';
import { causeOf, Stopped } from './interrupt.js';
import { Outage } from './outage.js';
import {
  forAftercare,
  forConfirmation,
  forControlArm,
  forDrain,
  forHistories,
  forOutage,
  forRecovered,
  forRestore,
  forSteady,
  forTrigger,
  ENDLESS,
  longestInterval,
  type Patience,
} from './patience.js';
import { awaitTurn, preflight } from './preflight.js';
import { drainTime, Probing, type SeenPath } from './probing.js';
import { stageWords, type ProgressListener } from './progress.js';
import type { GivenMark, Marks } from './marks.js';
import { confirming, rechecking, UNASKED } from './recheck.js';
import { restorePair } from './restore.js';

/** The live state lags behind, and the kernel's timeouts are read before the trigger. */
const SETTLING = ns(0.3e9);
/** Until every session that is open from the start had its first answer, beside what its agent waits for it. */
const FIRST_EXCHANGE = ns(5e9);
/** After this the answers of an interrupted trial are not waited for any longer. */
const HASTY_DRAIN = ns(0.3e9);
/** And nor are its vantages, for longer than this. */
const HASTY_PATIENCE = ns(5e9);

/**
 * One trial, in the stages of docs/method.md: preflight, steady, trigger, outage, recovered, aftercare, restore,
 * failback, drain, cool-down. Whatever happens, the probing ends, the pair is restored and the history is closed.
 */
export class Trial {
  readonly #context: TrialContext;
  readonly #origin: Nanoseconds;
  readonly #probing: Probing;
  readonly #forwarding: Forwarding;
  /** One of the control arm: state sync is off until its restore. */
  readonly #isControl: boolean;
  #stage: StageName = 'preflight';
  #of: MeasuredPhase = 'failover';
  #stageSince: Nanoseconds = ns(0);
  #planned: Nanoseconds | null = null;
  #expected: Nanoseconds = ns(-Infinity);
  #triggered: Nanoseconds | null = null;
  #node: string | null = null;
  #action: Action | null = null;
  #touched = false;
  /** By a condition from outside. */
  readonly #stopped = new AbortController();
  #stopWatching: () => void = () => undefined;
  #stopObserving: () => void = () => undefined;
  #captures: Captures | null = null;
  #stopMarks: () => void = () => undefined;
  #confirmation = UNASKED;
  #confirmationTime = ns(0);

  constructor(given: TrialContext) {
    const { scenario, trial, writer, clock } = given;
    const signal = AbortSignal.any([given.signal, this.#stopped.signal]);
    const context = { ...given, signal };
    signal.addEventListener('abort', () => given.watchdog.stopping(), { once: true });
    this.#context = context;
    this.#isControl = isControlTrial(scenario, trial);
    this.#origin = clock.monotonic();
    this.#probing = new Probing(scenario, writer, clock, this.#origin);
    this.#probing.onLive = () => this.#show();
    this.#probing.onNote = (text) => context.listener.line(text);
    if (this.#isControl) this.#of = 'no-sync';
    this.#forwarding = new Forwarding(
      this.#probing,
      clock,
      this.#origin,
      signal,
      scenario.trial.backgroundLoss,
    );
  }

  async run(): Promise<void> {
    const { trial, nodes } = this.#context.scenario;
    let clean = false;
    try {
      this.#stopMarks = this.#context.marks.into((mark) => this.#mark(mark));
      await this.#watchConditions();
      const before = await this.#preflight();
      await this.#capture();
      if (this.#isControl) {
        this.#touched = true;
        this.#show();
        const planned = nodes.map(({ name }) => this.#context.trigger.plan(name, 'sync-off'));
        this.#guard('control arm', forControlArm(planned, this.#context.trigger.longest));
        await switchSyncOff(nodes, this.#context, (text) => this.#event({ event: 'note', text }));
      }
      await this.#forwarding.ask((signal) => this.#probing.start(signal));
      this.#context.watchdog.agents(this.#probing.pids());
      this.#observe();
      await this.#failover(before);
      if (trial.failback === 'measure' && !this.#isControl) await this.#failback(before);
      clean = true;
    } catch (error) {
      const cause = causeOf(error, this.#context.signal);
      this.#brokenOff(cause);
      throw cause;
    } finally {
      await this.#end(clean);
    }
  }

  /** Asked before anything else, so that nothing is touched where one holds already; then beside the trial. */
  async #watchConditions(): Promise<void> {
    const { scenario, clock, signal, listener } = this.#context;
    const { stopWhen = [] } = scenario.trial;
    if (stopWhen.length === 0) return;
    const note = (text: string): void => {
      this.#event({ event: 'note', text });
      listener.line(text);
    };
    const conditions = stopWatch(stopWhen, { clock, note });
    const first = await conditions.ask(signal);
    if (first !== null) throw new Stopped(first);
    this.#stopWatching = conditions.watch((reason) => {
      const stopped = new Stopped(reason);
      note(stopped.message);
      this.#stopped.abort(stopped);
    });
  }

  async #preflight(): Promise<readonly NodeRole[]> {
    this.#enter('preflight', ENDLESS);
    const { roles, node } = await preflight({
      ...this.#context,
      pause: (time) => this.#forwarding.pause(time),
      ask: (question) => this.#forwarding.ask(question),
      note: (text) => this.#event({ event: 'note', text }),
      sayRoles: (found) => this.#sayRoles(found, 'before'),
    });
    this.#node = node;
    this.#action = this.#context.scenario.trigger.action;
    return roles;
  }

  /** Begins before anything is probed, so that what is missing at a vantage is said before the pair is touched. */
  async #capture(): Promise<void> {
    const { scenario, trial, writer, listener } = this.#context;
    const captures = startCaptures(scenario, trial, dirname(writer.path), (text) => {
      this.#event({ event: 'note', text });
      listener.line(`warning: ${text}`);
    });
    this.#captures = captures;
    await this.#forwarding.ask((signal) => heeding(signal, captures.begun));
  }

  #observe(): void {
    const { scenario, trigger, clock } = this.#context;
    this.#stopObserving = startObservers(scenario, {
      trigger,
      clock,
      roleChanged: (role) => this.#sayRoles([role], 'observed'),
      now: () => this.#forwarding.now(),
      tell: (body, at_ns) => this.#event(body, at_ns),
    });
  }

  async #failover(before: readonly NodeRole[]): Promise<void> {
    const { scenario, trigger } = this.#context;
    const { steady_ns } = scenario.trial;
    const oldest = oldestAge(scenario.sessions);
    this.#enter('steady', forSteady(scenario, trigger.longest), ns(Math.max(steady_ns, oldest)));
    if (scenario.sessions.length > 0) {
      await this.#forwarding.answered();
      await this.#sessionsProven();
      this.#expectTrigger(ns(Math.max(steady_ns + SETTLING, oldest)));
    }
    await this.#steady(steady_ns, before, Math.max(steady_ns, this.#expected - this.#forwarding.now()));
    await this.#pullTheTrigger(this.#node, scenario.trigger.action);
    await this.#outageAndRecovery(before);
  }

  /** Those that are open from the start: nothing can be said of one that was never answered before the trigger. */
  async #sessionsProven(): Promise<void> {
    const early = this.#context.scenario.sessions.filter(
      ({ ages, openEvery_ns }) => ages.length === 0 && openEvery_ns === null,
    );
    const unproven = (): number => {
      const seen = new Map(
        this.#probing.sessions().map(({ name, planned, proven }) => [name, planned - proven] as const),
      );
      return early.reduce((sum, plan) => sum + (seen.get(plan.name) ?? connectionsOf(plan)), 0);
    };
    if (await this.#forwarding.until(() => unproven() === 0, FIRST_EXCHANGE)) return;
    const text = `sessions that nothing came back on within ${formatDuration(FIRST_EXCHANGE)}: ${unproven()}; they are not waited for`;
    this.#event({ event: 'note', text });
  }

  /** The clean time before a trigger that is `lead` away; beside it the pair is read again, without delaying it. */
  async #steady(hold: Nanoseconds, before: readonly NodeRole[], lead: number): Promise<void> {
    const { trigger } = this.#context;
    const { steady_ns, giveUp_ns } = this.#context.scenario.trial;
    const patience = ns(steady_ns + Math.min(giveUp_ns, 60e9));
    const steady = async (): Promise<void> => {
      // Over before the trigger: it is not to look at a path that is about to change.
      await Promise.all([this.#forwarding.steady(hold, ns(0), patience), this.#lookBefore()]);
    };
    await this.#forwarding.ask((signal) =>
      rechecking({ trigger, before, fit: !this.#isControl, signal, lead }, steady),
    );
  }

  #look(when: 'before' | 'after'): Promise<readonly SeenPath[]> {
    return this.#forwarding.ask((signal) => heeding(signal, this.#probing.look(this.#of, when)));
  }

  /** At the ways to the targets; what shows that they cross the pair is no proof, and what does not no disproof. */
  async #lookBefore(): Promise<void> {
    const { via = [] } = this.#context.scenario.trial;
    await this.#forwarding.answered();
    for (const path of await this.#look('before')) {
      const doubt = doubtOf(path, via);
      if (doubt !== null) this.#context.listener.line(`warning: ${doubt}`);
    }
  }

  /** Restores the pair, moves the role back to where it was, and measures that too (reversion, RFC 6413 §4). */
  async #failback(before: readonly NodeRole[]): Promise<void> {
    const { scenario, trigger, listener } = this.#context;
    await this.#restore();
    const now = await this.#forwarding.ask((signal) => trigger.roles(signal));
    const active = now.find(({ role }) => role === 'active')?.node;
    const former = before.find(({ role }) => role === 'active')?.node;
    if (active === undefined || active === former) {
      const why =
        active === undefined ? 'no node says that it is active' : `${active} is active again by itself`;
      this.#event({ event: 'note', text: `failback not measured: ${why}` });
      return;
    }
    await awaitTurn({ trigger, listener, pause: (time) => this.#forwarding.pause(time) });
    this.#of = 'failback';
    this.#node = active;
    this.#action = 'switchover';
    this.#enter('failback', forSteady(scenario, trigger.longest), scenario.trial.recovered_ns);
    this.#sayRoles(now, 'before');
    // The clean time since the recovery counts: it has been probed all the while.
    await this.#steady(scenario.trial.recovered_ns, now, scenario.trial.recovered_ns);
    await this.#pullTheTrigger(active, 'switchover');
    await this.#outageAndRecovery(now);
  }

  /**
   * Fixes when the trigger is to come, and tells the sessions: some open so long before it, idle ones fall silent. A
   * random instant within the longest interval is added: else the phase of streams and trigger might be locked.
   */
  #expectTrigger(lead: Nanoseconds): void {
    const { scenario, random } = this.#context;
    const at_ns = ns(Math.round(this.#forwarding.now() + lead + random() * longestInterval(scenario)));
    this.#expected = at_ns;
    if (scenario.sessions.length > 0) this.#probing.tell({ do: 'expect', at_ns });
  }

  async #pullTheTrigger(node: string | null, action: Action): Promise<void> {
    const { scenario, trigger, journal, lock } = this.#context;
    // Forwarding that took longer to settle has let the instant pass: the sessions are older then.
    if (this.#expected < this.#forwarding.now())
      this.#expectTrigger(scenario.sessions.length > 0 ? SETTLING : ns(0));
    await this.#forwarding.pause(ns(Math.max(0, this.#expected - this.#forwarding.now())));
    trigger.pacing.requireWindow();
    const planned = trigger.plan(node, action);
    this.#enter('trigger', forTrigger(planned, trigger.longest));
    const name = node ?? 'pair';
    // A host that was suspended may have lost the pair to another run meanwhile.
    await lock.extend();
    // Before the journal: a failover that cannot be counted is not made, and leaves nothing to be undone.
    await trigger.pacing.count();
    // The undo is on disk before the change is made.
    if (planned.undo.length > 0) await journal.record(planned);
    this.#triggered = this.#forwarding.now();
    this.#touched = true;
    this.#show();
    this.#forwarding.requireGoing();
    let accepted = false;
    const { outcome, detail } = await trigger.act(planned, {
      signal: this.#forwarding.ended,
      onStamp: (kind, at, text) => {
        const at_ns = ns(Math.round(at - this.#origin));
        if (kind === 'issued') this.#triggered = at_ns;
        accepted ||= kind === 'accepted';
        this.#event({ event: `trigger-${kind}`, of: this.#of, node: name, action, detail: text }, at_ns);
      },
    });
    if (outcome !== 'failed') {
      const told = { of: this.#of, accepted, event: (body: TrialEventBody) => this.#event(body) };
      this.#confirmationTime = planned.confirm_ns ?? ns(0);
      this.#confirmation = confirming(planned, { ...this.#context, ...told });
      return;
    }
    // Where it was given up on the way, what ended the trial says why.
    this.#forwarding.requireGoing();
    this.#event({ event: 'trigger-failed', of: this.#of, node: name, action, detail });
    throw new KnownError(`the trigger failed: ${action} of ${name}: ${detail}`, {
      remedy: `try it by hand: ${planned.steps.join('; ')}`,
    });
  }

  /** Waits for traffic to stop and to come back for good, or for the role to move without a loss. */
  async #outageAndRecovery(before: readonly NodeRole[]): Promise<void> {
    const { scenario, listener } = this.#context;
    const { longest } = this.#context.trigger;
    const { trial, trigger } = scenario;
    const triggered = this.#triggered as Nanoseconds;
    this.#enter('outage', forOutage(scenario, longest), trial.giveUp_ns);
    let recovered = false;
    const outage = new Outage(this.#context, this.#probing, this.#forwarding, { triggered, before });
    if (!(await outage.happened((roles) => this.#sayRoles(roles, 'observed')))) {
      listener.line(`nothing failed over within ${toSeconds(trigger.timeout_ns)} s of the trigger`);
    } else {
      this.#probing.tell({ do: 'outage' });
      if (await outage.isBack()) {
        this.#enter('recovered', forRecovered(scenario, longest), trial.recovered_ns);
        recovered = await outage.hasRecovered();
        // Not of a path that is still down.
        if (recovered) await this.#look('after');
      }
    }
    this.#sayRoles(await outage.rolesAfter(), 'after');
    // A node that is slow to answer is heard before its state is put back.
    this.#guard('the confirmation', forConfirmation(this.#confirmationTime, longest));
    const { heard } = this.#confirmation;
    await this.#forwarding.ask((signal) => heeding(signal, heard));
    if (recovered) await this.#aftercare();
  }

  /** Probes on for outages that come minutes later; they are none of what has recovered. */
  async #aftercare(): Promise<void> {
    const { aftercare } = this.#context.scenario.trial;
    if (aftercare === undefined || this.#isControl) return;
    const { for_ns, every_ns } = aftercare;
    const from = provenUntil(this.#forwarding.clean(), this.#forwarding.now());
    this.#enter('aftercare', forAftercare(for_ns), for_ns, from);
    if (every_ns !== null) this.#probing.tell({ do: 'pace', every_ns });
    await this.#forwarding.pause(for_ns);
    if (every_ns !== null) this.#probing.tell({ do: 'pace', every_ns: null });
  }

  async #restore(): Promise<void> {
    const { trigger, journal, scenario, listener } = this.#context;
    // What is put back now is no sign of the action any more.
    this.#confirmation.stop();
    const patience = forRestore(journal.pending(), scenario, trigger.longest);
    this.#enter('restore', patience, scenario.trial.restore_ns);
    await restorePair({ trigger, journal, within: scenario.trial.restore_ns }, (node, detail, ok) => {
      this.#event({ event: 'undo', node, detail, ok });
      listener.line(`${ok ? 'undone' : 'NOT undone'}: ${node}: ${detail}`);
    });
    this.#event({ event: 'restored', of: this.#of });
  }

  /** Runs always: the last answers, then the pair as it was. */
  async #end(clean: boolean): Promise<void> {
    const { scenario, writer } = this.#context;
    this.#stopWatching();
    const wait = clean ? drainTime(scenario.streams) : HASTY_DRAIN;
    this.#stopObserving();
    const recorded = this.#captures?.stop();
    this.#stopMarks();
    this.#enter('drain', forDrain(wait));
    // Where the trial has failed already, that error tells more than the agent's, and the undo does not wait for them.
    const hasty = clean ? null : this.#probing.drain(wait, HASTY_PATIENCE).catch(() => undefined);
    try {
      if (clean) await this.#probing.drain(wait);
    } catch (error) {
      // The last rows are missing.
      this.#brokenOff(error);
      throw error;
    } finally {
      try {
        if (this.#touched) await this.#restore();
        if (clean) await this.#keepHistories();
      } finally {
        await Promise.all([hasty, recorded]);
        await writer.close();
      }
    }
  }

  /** What the nodes wrote down meanwhile tells why it took so long. It is no part of the trial: without it, that is noted. */
  async #keepHistories(): Promise<void> {
    const { trigger, signal, keepHistory } = this.#context;
    this.#guard('what the nodes wrote down', forHistories(trigger.longest));
    for (const { node, text, error } of await trigger.histories(signal)) {
      const problem = error ?? (await keepHistory(node, text).then(() => null, messageOf));
      if (problem !== null && !signal.aborted)
        this.#event({ event: 'note', text: `what ${node} wrote down is not kept: ${problem}` });
    }
  }

  #brokenOff(error: unknown): void {
    this.#event({ event: 'broken-off', of: this.#of, phase: this.#stage, reason: messageOf(error) });
  }

  #sayRoles(roles: readonly NodeRole[], when: 'before' | 'after' | 'observed'): void {
    for (const { node, role, raw, error } of roles)
      this.#event({ event: 'role', node, role, raw: raw === '' ? (error ?? '') : raw, when });
  }

  /**
   * @param planned how long it is meant to last
   * @param at since when, from the trial's origin
   */
  #enter(
    stage: StageName,
    patience: Patience,
    planned: Nanoseconds | null = null,
    at = this.#forwarding.now(),
  ): void {
    this.#stage = stage;
    this.#guard(stageWords({ of: this.#of, stage }), patience);
    this.#planned = planned;
    this.#stageSince = at;
    this.#event({ event: 'phase', phase: stage, of: this.#of }, at);
    this.#show();
  }

  #guard(stage: string, { within_ms, stopped_ms }: Patience): void {
    this.#context.watchdog.stage(stage, within_ms, stopped_ms);
  }

  #mark({ text, by, uncertainty_ns, at }: GivenMark): void {
    this.#event({ event: 'mark', text, by, uncertainty_ns }, ns(Math.round(at - this.#origin)));
    this.#context.listener.line(`mark: ${text}`);
  }

  #event(body: TrialEventBody, at_ns: Nanoseconds = this.#forwarding.now()): void {
    this.#context.writer.event({ at_ns, ...body });
  }

  #show(): void {
    const { trial, scenario, listener } = this.#context;
    listener.progress({
      trial,
      repeat: allTrials(scenario),
      of: this.#of,
      stage: this.#stage,
      planned_ns: this.#planned,
      stageSince_ns: this.#stageSince,
      now_ns: this.#forwarding.now(),
      node: this.#node,
      action: this.#action,
      triggered_ns: this.#triggered,
      touched: this.#touched || this.#context.journal.pending().length > 0,
      streams: this.#probing.streams(),
      sessions: this.#probing.sessions(),
    });
  }
}

/** All that a trial works with. */
export interface TrialContext {
  readonly scenario: Scenario;
  /** 1-based. */
  readonly trial: number;
  readonly writer: TrialWriter;
  readonly trigger: Trigger;
  readonly journal: UndoJournal;
  readonly lock: PairLock;
  readonly watchdog: Vigilance;
  readonly clock: Clock;
  readonly random: () => number;
  readonly signal: AbortSignal;
  readonly marks: Marks;
  readonly listener: ProgressListener;
  /** Keeps what a node wrote down by itself. Throws KnownError. */
  readonly keepHistory: (node: string, text: string) => Promise<void>;
}
