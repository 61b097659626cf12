import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/clock.js';
import { UNLIMITED, type NodePlan, type Scenario, type TriggerPlan } from '../../../src/model/plan.js';
import { forgetSecrets, registerSecret } from '../../../src/model/secret.js';
import { ns } from '../../../src/model/time.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { openTrigger } from '../../../src/trigger/open-trigger.js';
import { askOn } from '../../../src/trigger/act/person.js';
import { drivers, makeBoxes, type Boxes } from './boxes.js';

let boxes: Boxes;
beforeEach(async () => {
  boxes = await makeBoxes();
});
afterEach(async () => {
  forgetSecrets();
  await boxes.remove();
});

const terminal = (isTTY = true) => Object.assign(new PassThrough(), { isTTY });

const open = (
  trigger: Partial<TriggerPlan>,
  nodes: readonly NodePlan[] = [],
  input = terminal(),
  output = new PassThrough(),
  failback: Scenario['trial']['failback'] = 'none',
): Trigger => {
  const plan: TriggerPlan = {
    ...UNLIMITED,
    node: 'active',
    action: 'exec',
    command: null,
    undo: null,
    prompt: null,
    timeout_ns: ns(2e9),
    ...trigger,
  };
  // The rest of a scenario is nothing to a trigger.
  const scenario = {
    nodes,
    observe: [],
    trigger: plan,
    trial: { failback, giveUp_ns: 8e9 },
    lab: null,
    controlArm: null,
  } as unknown as Scenario;
  return openTrigger(scenario, {
    drivers,
    clock: systemClock,
    seqgap: ['seqgap'],
    input,
    ask: askOn(output),
  });
};
const act = async (trigger: Trigger, node: string | null, action: TriggerPlan['action']) => {
  const stamps: string[] = [];
  const result = await trigger.act(trigger.plan(node, action), {
    onStamp: (kind, _, detail) => stamps.push(`${kind} ${detail}`),
  });
  return { ...result, stamps };
};
const there = (name: string): Promise<boolean> =>
  access(join(boxes.dir, name)).then(
    () => true,
    () => false,
  );

describe('an exec trigger', () => {
  test('runs its command, and its undo', async () => {
    const done = join(boxes.dir, 'done');
    const trigger = open({ command: `touch ${done}`, undo: `rm ${done}` });
    expect(await trigger.roles()).toEqual([]);
    expect(trigger.choose([])).toBeNull();
    expect(trigger.plan(null, 'exec')).toMatchObject({
      node: null,
      steps: [`touch ${done}`],
      undo: [`rm ${done}`],
    });
    expect(await there('done')).toBe(false);
    expect(await act(trigger, null, 'exec')).toMatchObject({
      outcome: 'ok',
      stamps: [`issued touch ${done}`, 'accepted exit 0', 'closed exit 0'],
    });
    expect(await there('done')).toBe(true);
    expect(await trigger.health()).toMatchObject({ ok: true });
    await trigger.undo(trigger.plan(null, 'exec'));
    expect(await there('done')).toBe(false);
  });

  test('that fails says so, and an undo that fails says what to do, exit 3', async () => {
    const trigger = open({ command: 'echo no >&2; exit 7', undo: 'exit 8' });
    expect(await act(trigger, null, 'exec')).toMatchObject({
      outcome: 'failed',
      detail: 'exit 7: no',
      stamps: [expect.stringContaining('issued'), 'closed exit 7'],
    });
    await expect(trigger.undo(trigger.plan(null, 'exec'))).rejects.toMatchObject({
      message: 'could not undo exec: exit 8',
      remedy: 'do by hand: exit 8',
      exitCode: 3,
    });
  });

  test('whose program is not there fails', async () =>
    expect(await act(open({ command: 'no-such-program' }), null, 'exec')).toMatchObject({
      outcome: 'failed',
      detail: expect.stringContaining('exit 127'),
    }));

  test('with nodes needs exactly one active', async () => {
    const trigger = open({ command: 'true' }, [boxes.node('fw-a'), boxes.node('fw-b')]);
    expect(trigger.choose(await trigger.roles())).toBe('fw-a');
    await boxes.set('fw-b.role', 'UP');
    const roles = await trigger.roles();
    expect(() => trigger.choose(roles)).toThrow('split brain');
  });

  test('with a secret in its command is refused', () => {
    registerSecret('hunter2');
    expect(() => open({ command: 'curl -u admin:hunter2' })).toThrow(
      'would show a secret in the process list',
    );
  });

  test('without a command is refused', () => expect(() => open({})).toThrow('action exec without a command'));
});

const said = async (output: PassThrough): Promise<string> => {
  await once(output, 'readable');
  return String(output.read());
};

describe('a manual trigger', () => {
  test('waits for Enter', async () => {
    const [input, output] = [terminal(), new PassThrough()];
    const trigger = open({ action: 'manual', prompt: 'pull port 3' }, [], input, output);
    const acted = act(trigger, trigger.choose([]), 'manual');
    expect(await said(output)).toBe(
      'Now: pull port 3. Press Enter when it is done.\n' +
        '  Then traffic is watched until it is back, for 8s at most. Ctrl-C ends the run instead.\n',
    );
    input.write('\n');
    expect(await acted).toMatchObject({
      outcome: 'ok',
      stamps: ['issued pull port 3', 'accepted Enter', 'closed Enter'],
    });
  });

  test('stops waiting when it is interrupted', async () => {
    const trigger = open({ action: 'manual' });
    const stop = new AbortController();
    const acted = trigger.act(trigger.plan(null, 'manual'), {
      onStamp: () => undefined,
      signal: stop.signal,
    });
    stop.abort();
    expect(await acted).toEqual({ outcome: 'failed', detail: 'interrupted before Enter was pressed' });
  });

  test('asks to put it back, and waits for Enter', async () => {
    const [input, output] = [terminal(), new PassThrough()];
    const trigger = open({ action: 'manual', prompt: 'pull port 3' }, [], input, output);
    let done = false;
    const undone = trigger.undo(trigger.plan(null, 'manual')).finally(() => (done = true));
    expect(await said(output)).toMatch(
      /^Now put back what was done by hand \(pull port 3\)\. Press Enter when it is done\.\n {2}If nothing was done/,
    );
    // An Enter would have been answered long before a whole round of the event loop.
    await new Promise(setImmediate);
    expect(done).toBe(false);
    input.write('\n');
    expect(await undone).toEqual({ detail: 'put back by hand, Enter was pressed' });
  });

  test('takes no Enter from before the question', async () => {
    const [input, output] = [terminal(), new PassThrough()];
    const trigger = open({ action: 'manual' }, [], input, output);
    input.write('\n\n');
    const undone = trigger.undo(trigger.plan(null, 'manual'));
    const asked = await said(output);
    input.end();
    expect(asked).toContain('Press Enter');
    await expect(undone).rejects.toThrow('input ended before Enter was pressed');
  });

  test('that was interrupted is put back by one Enter', async () => {
    const [input, output] = [terminal(), new PassThrough()];
    const trigger = open({ action: 'manual', prompt: 'pull port 3' }, [], input, output);
    const stop = new AbortController();
    const planned = trigger.plan(null, 'manual');
    const acted = trigger.act(planned, { onStamp: () => undefined, signal: stop.signal });
    expect(await said(output)).toContain('Now: pull port 3.');
    stop.abort();
    expect(await acted).toMatchObject({ outcome: 'failed' });
    const undone = trigger.undo(planned);
    expect(await said(output)).toContain('Now put back');
    input.write('\n');
    expect(await undone).toMatchObject({ detail: expect.stringContaining('Enter was pressed') });
  });

  test.each([
    ['is no terminal', terminal(false), 'standard input is not a terminal'],
    ['has ended', terminal().end(), 'input ended before Enter was pressed'],
  ])('is not put back where the input %s: exit 3, with what to do', async (_, input, why) => {
    const trigger = open({ action: 'manual', prompt: 'pull port 3' }, [], input);
    await expect(trigger.undo(trigger.plan(null, 'manual'))).rejects.toMatchObject({
      message: expect.stringContaining(why),
      remedy: 'do by hand: put back what was done by hand (pull port 3)',
      exitCode: 3,
    });
  });

  test('fails if the input ends', async () => {
    const input = terminal();
    const acted = act(open({ action: 'manual' }, [], input), null, 'manual');
    input.end();
    expect(await acted).toMatchObject({ outcome: 'failed', detail: 'input ended before Enter was pressed' });
  });

  test('without a terminal ends before anything is touched, but can be planned', () => {
    const trigger = open({ action: 'manual' }, [], terminal(false));
    expect(trigger.plan(null, 'manual').steps).toEqual(['Make the pair fail over now.']);
    expect(() => trigger.choose([])).toThrow(
      expect.objectContaining({ message: expect.stringContaining('not a terminal'), exitCode: 2 }),
    );
  });
});

describe('a driver’s action', () => {
  test('without nodes is refused', () =>
    expect(() => open({ action: 'crash' })).toThrow('action crash needs nodes'));

  test('that no driver has is refused when the scenario is opened', () =>
    expect(() => open({ action: 'crash' }, [boxes.node('fw-a'), boxes.node('fw-b')])).toThrow(
      'no action "crash"',
    ));

  test('is refused for an unknown driver', () =>
    expect(() => open({ action: 'reboot' }, [{ ...boxes.node('fw-a'), driver: 'bxo' }])).toThrow(
      expect.objectContaining({ message: expect.stringContaining('did you mean "box"?'), exitCode: 64 }),
    ));

  test('goes through choose, plan, act, confirm and undo', async () => {
    const trigger = open({ action: 'switchover' }, [boxes.node('fw-a'), boxes.node('fw-b')]);
    const node = trigger.choose(await trigger.roles());
    const planned = trigger.plan(node, 'switchover');
    expect(await act(trigger, node, 'switchover')).toMatchObject({ outcome: 'ok' });
    await boxes.set('fw-b.role', 'UP');
    expect(trigger.confirmed(planned, await trigger.roles())).toBe(true);
    expect(await trigger.health()).toMatchObject({ ok: false });
    await boxes.set('fw-a.sync', 'own 0 copied 100');
    await trigger.undo(planned);
    expect((await trigger.role('fw-a')).role).toBe('standby');
    await trigger.close();
  });
});

describe('a failback that is measured', () => {
  const opened = (trigger: Partial<TriggerPlan>, nodes: readonly NodePlan[]) => () =>
    open(trigger, nodes, terminal(), new PassThrough(), 'measure');

  test('needs nodes', () =>
    expect(opened({ command: 'true' }, [])).toThrow(
      expect.objectContaining({
        message: 'trial.failback: measure needs nodes',
        remedy: 'list `nodes`, or set `failback: none`',
        exitCode: 64,
      }),
    ));

  test('needs a switchover of every node, before anything is touched', () =>
    expect(
      opened({ action: 'crash', node: 'fw-a' }, [
        boxes.node('fw-a', 'plug'),
        { ...boxes.node('fw-b'), driver: 'plug' },
      ]),
    ).toThrow(
      expect.objectContaining({
        message: 'trial.failback: measure is a switchover: node fw-b: no action "switchover" in plug',
        remedy: expect.stringContaining('set `failback: none`'),
        exitCode: 64,
      }),
    ));

  test('is fine where every node has one', async () => {
    const trigger = opened({ command: 'true' }, [boxes.node('fw-a'), boxes.node('fw-b')])();
    expect(trigger.plan('fw-b', 'switchover').node).toBe('fw-b');
    await trigger.close();
  });
});
