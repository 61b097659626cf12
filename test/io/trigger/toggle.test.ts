import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { NodePlan, TriggerPlan } from '../../../src/model/plan.js';
import type { Trigger } from '../../../src/trigger/trigger.js';
import { pairOf } from './pair-of.js';
import type { Recorded } from '../../../src/trigger/act/undo-lines.js';
import { driverSchema } from '../../../src/trigger/driver/schema.js';
import { makeBoxes, type Boxes } from './boxes.js';

/**
 * A pair as CARP firewalls are: maintenance mode is one toggle for on and off, each node says its serial number, and
 * its role stands in the row of that number.
 */
const toggle = driverSchema.parse({
  name: 'toggle',
  title: 'Toggles',
  about: 'A pair of files',
  transport: 'exec',
  params: { dir: { about: 'where the files are' }, optional: { about: 'may be empty', default: '' } },
  refused: ['^refused:'],
  identity: { run: 'cat {{dir}}/{{node}}.serial', extract: { regex: '^serial (.+)$' } },
  version: { run: 'cat {{dir}}/{{node}}.version', extract: { regex: '^version (.+)$' } },
  role: {
    run: 'cat {{dir}}/rows',
    extract: { regex: '^(\\w+) {{identity}}$' },
    words: { UP: 'active', DOWN: 'standby' },
  },
  actions: {
    switchover: {
      about: 'enters maintenance mode',
      requires: {
        about: 'maintenance mode is off',
        run: 'cat {{dir}}/{{node}}.mode',
        extract: { regex: '^mode (\\w+)$' },
        good: ['off'],
        remedy: 'leave it first',
      },
      run: ['echo toggled >> {{dir}}/{{node}}.log; sh {{dir}}/toggle {{node}}'],
      undo: {
        about: 'leaves maintenance mode',
        done: {
          run: 'cat {{dir}}/{{node}}.mode',
          extract: { regex: '^mode (\\w+)$' },
          good: ['off'],
          bad: ['on'],
        },
        run: ['echo toggled >> {{dir}}/{{node}}.log; sh {{dir}}/toggle {{node}}'],
        within: '1s',
      },
      confirm: { node: ['standby'], peer: ['active'] },
    },
    'crash-hard': {
      about: 'by its peer, with an option',
      versions: { from: '1.10', below: '2', remedy: 'take another variant' },
      abrupt: true,
      run: [
        ['sh', '-c', 'echo "$@" >> "$0"', '{{dir}}/{{node}}.log', ['--opt', '{{optional}}'], '{{peer.node}}'],
      ],
      undo: 'none',
      confirm: { node: ['unknown'], peer: ['active'] },
    },
  },
  samples: [{ of: 'identity', output: 'serial A', expect: { id: 'A' } }],
});

const SWITCH = `
cd "$(dirname "$0")"
case $(cat "$1.mode") in "mode off") echo "mode on" >"$1.mode" ;; *) echo "mode off" >"$1.mode" ;; esac
`;

let boxes: Boxes;
let pair: Trigger | null = null;
beforeEach(async () => {
  boxes = await makeBoxes();
  await Promise.all([
    boxes.set('fw-a.serial', 'serial FG.1'),
    boxes.set('fw-b.serial', 'serial FGx1'),
    boxes.set('rows', 'UP FG.1\nDOWN FGx1'),
    boxes.set('fw-a.mode', 'mode off'),
    boxes.set('toggle', SWITCH),
  ]);
});
afterEach(async () => {
  await pair?.close();
  await boxes.remove();
});

const open = (different: Partial<NodePlan> = {}, trigger: Partial<TriggerPlan> = {}): Trigger => {
  const node = (name: string): NodePlan => ({ ...boxes.node(name), driver: 'toggle' });
  pair = pairOf([{ ...node('fw-a'), ...different }, node('fw-b')], new Map([['toggle', toggle]]), trigger);
  return pair;
};
const switchOver = (opened: Trigger) =>
  opened.act(opened.plan('fw-a', 'switchover'), { onStamp: () => undefined });
const putBack = (opened: Trigger) => opened.undo(opened.plan('fw-a', 'switchover'));

describe('a toggle', () => {
  test('is switched once, and back once, however often it is undone', async () => {
    const opened = open();
    expect(await switchOver(opened)).toMatchObject({ outcome: 'ok' });
    expect(await putBack(opened)).toEqual({ detail: 'leaves maintenance mode' });
    expect(await putBack(opened)).toEqual({ detail: 'undone already (leaves maintenance mode)' });
    expect(await boxes.log('fw-a')).toEqual(['toggled', 'toggled']);
  });

  test('is not sent where it would be switched the wrong way', async () => {
    await boxes.set('fw-a.mode', 'mode on');
    expect(await switchOver(open())).toEqual({
      outcome: 'failed',
      detail: 'not sent: not so: maintenance mode is off (leave it first)',
    });
    expect(await boxes.log('fw-a')).toEqual([]);
  });

  test.each(['<html>502</html>', 'mode', ''])(
    'is not sent on an answer that was not understood (%j)',
    async (answer) => {
      await boxes.set('fw-a.mode', answer);
      const opened = open();
      expect(await switchOver(opened)).toMatchObject({ outcome: 'failed' });
      await expect(putBack(opened)).rejects.toMatchObject({
        message: expect.stringContaining('the answer was not understood, so nothing was sent'),
        exitCode: 3,
      });
      expect(await boxes.log('fw-a')).toEqual([]);
    },
  );

  test('without effect is not sent again', async () => {
    await boxes.set('fw-a.mode', 'mode on');
    await boxes.set('toggle', 'true');
    await expect(putBack(open())).rejects.toThrow('sent, but without effect');
    expect(await boxes.log('fw-a')).toEqual(['toggled']);
  });
});

test('an answer that is a refusal fails, although the command ended well', async () => {
  await boxes.set('toggle', 'echo hello; echo "refused: not the active unit"');
  expect(await switchOver(open())).toEqual({
    outcome: 'failed',
    detail: 'refused: refused: not the active unit',
  });
});

describe('which version a node has', () => {
  const crash = (node = 'active'): Trigger => open({}, { action: 'crash', variant: 'hard', node });
  const NEEDED = 'crash-hard of driver toggle is for versions from 1.10 on and before 2';
  const versions = (a: string, b = a): Promise<unknown> =>
    Promise.all([boxes.set('fw-a.version', a), boxes.set('fw-b.version', b)]);

  test('is said by nobody where it is right, or nothing depends on it', async () => {
    await versions('version 1.10.3');
    expect(await crash().identify()).toBe('fw-a is FG.1, fw-b is FGx1');
    await versions('version 1.9');
    expect(await open().identify()).toBe('fw-a is FG.1, fw-b is FGx1');
  });

  test.each(['1.9', '2.0-rc1'])('stops a trial where it is another: %s', async (version) => {
    await versions('version 1.10', `version ${version}`);
    await expect(crash().identify()).rejects.toMatchObject({
      message: `node fw-b has version ${version}; ${NEEDED}`,
      remedy: 'take another variant',
    });
    // Nobody would act on that node.
    expect(await crash('fw-a').identify()).toBe('fw-a is FG.1, fw-b is FGx1');
  });

  test('is said to be not known where it is not, and the trial goes on', async () => {
    await boxes.set('fw-a.version', 'version 1.10');
    expect(await crash().identify()).toContain('the version of fw-b is not known (exit 1: cat: ');
    await boxes.set('fw-b.version', 'version next');
    const unknown = (why: string): string =>
      `fw-a is FG.1, fw-b is FGx1; the version of fw-b is not known (${why}); ${NEEDED}`;
    expect(await crash().identify()).toBe(unknown('the answer was not understood'));
  });
});

describe('who a node is', () => {
  test('finds its own row, however like the numbers are', async () => {
    expect((await open().roles()).map(({ node, role }) => `${node} ${role}`)).toEqual([
      'fw-a active',
      'fw-b standby',
    ]);
  });

  test('is said before a trial', async () =>
    expect(await open({ serial: 'FG.1' }).identify()).toBe('fw-a is FG.1, fw-b is FGx1'));

  test('must not be another than the scenario expects', async () =>
    expect(open({ serial: 'FGx1' }).identify()).rejects.toMatchObject({
      message: 'node fw-a is FG.1, and the scenario expects FGx1',
      remedy: 'check the address of the node, and `serial`; nothing was touched',
    }));

  test('must not be the same for both', async () => {
    await boxes.set('fw-b.serial', 'serial FG.1');
    await expect(open().identify()).rejects.toThrow('nodes fw-a and fw-b are the same device (FG.1)');
  });

  test('that cannot be read makes the role unknown, and stops a trial', async () => {
    await boxes.set('fw-b.serial', 'no answer');
    const opened = open();
    const [, role] = await opened.roles();
    const error = 'node fw-b: the node says who it is: the answer was not understood';
    expect(role).toEqual({ node: 'fw-b', role: 'unknown', raw: '', error });
    await expect(opened.identify()).rejects.toThrow(error);
  });

  test('is asked anew before each trial', async () => {
    const opened = open();
    await opened.roles();
    await boxes.set('fw-a.serial', 'serial replaced');
    expect(await opened.identify()).toContain('fw-a is replaced');
  });

  /** What a run that was killed after its switchover has in its journal. */
  const leftBehind = async (): Promise<Recorded> => {
    const killed = open();
    await killed.identify();
    const planned = killed.plan('fw-a', 'switchover');
    expect(planned).toMatchObject({ identity: 'FG.1' });
    expect(await killed.act(planned, { onStamp: () => undefined })).toMatchObject({ outcome: 'ok' });
    return { ...planned, id: 1 };
  };

  test('is asked before an undo, and another device is sent nothing', async () => {
    const entry = await leftBehind();
    await boxes.set('fw-a.serial', 'serial replaced');
    await expect(open().undo(entry)).rejects.toMatchObject({
      message:
        'could not undo switchover of fw-a: FG.1 was changed, and at its address replaced answers now: nothing was sent',
      exitCode: 3,
    });
    expect(await boxes.log('fw-a')).toEqual(['toggled']);
    // Once it is back at its address.
    await boxes.set('fw-a.serial', 'serial FG.1');
    expect(await open().undo(entry)).toEqual({ detail: 'leaves maintenance mode' });
  });

  test('that cannot be read before an undo: nothing is sent either', async () => {
    const entry = await leftBehind();
    await boxes.set('fw-a.serial', 'no answer');
    await expect(open().undo(entry)).rejects.toMatchObject({
      message: expect.stringContaining('the node says who it is: the answer was not understood'),
      exitCode: 3,
    });
    expect(await boxes.log('fw-a')).toEqual(['toggled']);
  });

  test('was not kept by older versions, whose undo goes by the address alone', async () => {
    const entry = await leftBehind();
    await boxes.set('fw-a.serial', 'serial replaced');
    expect(await open().undo({ ...entry, identity: null })).toEqual({ detail: 'leaves maintenance mode' });
  });

  test('cannot be expected of a driver that does not ask', () => {
    const { identity: _, ...rest } = toggle;
    expect(() =>
      pairOf([{ ...boxes.node('fw-a'), driver: 'toggle', serial: 'X' }], new Map([['toggle', rest]])),
    ).toThrow('node fw-a: driver toggle cannot tell a serial number');
  });
});

describe('a variant', () => {
  const HARD = { action: 'crash', variant: 'hard' } as const;

  test('is an action of its own; its optional words are left out, and it knows its peer', async () => {
    const opened = open({}, HARD);
    await opened.act(opened.plan('fw-a', 'crash'), { onStamp: () => undefined });
    expect(await boxes.log('fw-a')).toEqual(['fw-b']);
  });
  test('has its options where they are given', async () => {
    const opened = open({ params: { dir: boxes.dir, optional: 'x' } }, HARD);
    await opened.act(opened.plan('fw-a', 'crash'), { onStamp: () => undefined });
    expect(await boxes.log('fw-a')).toEqual(['--opt x fw-b']);
  });
  test('that no driver has is refused, and so is the plain action', () => {
    const soft = open({}, { ...HARD, variant: 'soft' });
    expect(() => soft.plan('fw-a', 'crash')).toThrow('no action "crash-soft" in toggle');
    expect(() => open().plan('fw-a', 'crash')).toThrow('no action "crash" in toggle');
  });
});

test('a program that is not there has the remedy of its driver', async () => {
  const driver = driverSchema.parse({
    ...JSON.parse('{"name":"toggle","title":"x","about":"x","transport":"exec","actions":{}}'),
    exec: { install: 'install the tool' },
    params: { dir: { about: 'x' } },
    role: { run: ['no-such-program-anywhere'], extract: { regex: '.' }, words: {} },
    samples: [{ of: 'role', output: '', expect: { role: 'unknown', raw: '' } }],
  });
  const opened = pairOf([{ ...boxes.node('fw-a'), driver: 'toggle' }], new Map([['toggle', driver]]));
  expect((await opened.role('fw-a')).error).toBe(
    'the program no-such-program-anywhere is not on this host (install the tool)',
  );
});
