import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodePlan } from '../../../src/model/plan.js';
import { driverSchema, type Driver } from '../../../src/trigger/driver/schema.js';

/**
 * A pair whose state is two files: `NODE.role` and `NODE.log`. Its driver's commands are real processes that read
 * and write them, so that what was sent, how often and in which order can be read afterwards.
 */
const boxDriver: Driver = driverSchema.parse({
  name: 'box',
  title: 'Boxes',
  about: 'A pair of files',
  transport: 'exec',
  params: { dir: { about: 'where the files are' }, extra: { about: 'any text', default: '' } },
  role: {
    run: 'cat {{dir}}/{{node}}.role',
    timeout: '2s',
    extract: { regex: '^(\\w+)$' },
    words: { UP: 'active', DOWN: 'standby', OFF: 'suspended', WAIT: 'transitioning' },
  },
  sync: {
    about: 'states are copied',
    run: 'cat {{dir}}/{{node}}.sync',
    active: { regex: 'own (\\d+)' },
    standby: { regex: 'copied (\\d+)' },
    off: '^off$',
    slack: { share: 0.1, count: 5 },
  },
  leftover: [
    {
      about: 'nothing is forced',
      run: 'cat {{dir}}/{{node}}.forced || echo no',
      extract: { regex: '^(\\w+)$' },
      good: ['no'],
      remedy: 'unforce it',
    },
  ],
  actions: {
    switchover: {
      about: 'switches over',
      // It has taken effect before the command ends; 30 s would be waited for it otherwise.
      settles: '1s',
      run: ['echo switch >> {{dir}}/{{node}}.log; echo OFF > {{dir}}/{{node}}.role'],
      undo: {
        about: 'starts it again',
        done: { run: 'cat {{dir}}/{{node}}.role', extract: { regex: '^(\\w+)$' }, good: ['DOWN', 'UP'] },
        run: ['echo start >> {{dir}}/{{node}}.log; sh {{dir}}/start'],
        within: '2s',
      },
      confirm: { node: ['suspended'], peer: ['active'] },
    },
    reboot: {
      about: 'reboots it',
      run: ['echo reboot >> {{dir}}/{{node}}.log', 'sh {{dir}}/reboot', 'echo after >> {{dir}}/{{node}}.log'],
      drops: true,
      undo: 'none',
      confirm: { node: ['unknown'], peer: ['active'] },
    },
    stop: {
      about: 'shuts it down',
      run: ['echo poweroff >> {{dir}}/{{node}}.log'],
      drops: true,
      undo: 'power',
      confirm: { node: ['unknown'], peer: ['active'] },
    },
  },
  samples: [{ of: 'role', output: 'UP', expect: { role: 'active', raw: 'UP' } }],
});

const power = (action: 'crash' | 'stop', abrupt: boolean): object => ({
  [action]: {
    about: `power ${action}`,
    abrupt,
    run: [['sh', '-c', `echo power-${action} >> "$1/$2.log"`, 'sh', '{{dir}}', '{{node}}']],
    undo: {
      about: 'gives power back',
      done: { run: 'cat {{dir}}/{{node}}.power', extract: { regex: '^(\\w+)$' }, good: ['on'] },
      run: ['echo on > {{dir}}/{{node}}.power; echo power-on >> {{dir}}/{{node}}.log'],
      within: '2s',
    },
    confirm: { node: ['unknown'], peer: ['active'] },
  },
});

const powerDriver = (actions: object, name = 'plug'): Driver =>
  driverSchema.parse({
    name,
    title: 'Plug',
    about: 'Power of the boxes',
    transport: 'exec',
    params: { dir: { about: 'where the files are' } },
    actions,
    samples: [{ of: 'undo.crash', output: 'on', expect: { passes: true } }],
  });

export const drivers = new Map<string, Driver>([
  ['box', boxDriver],
  ['plug', powerDriver({ ...power('crash', true), ...power('stop', true) })],
  ['slow-plug', powerDriver({ ...power('crash', true), ...power('stop', false) }, 'slow-plug')],
]);

export interface Boxes {
  readonly dir: string;
  node(name: string, plug?: string | null): NodePlan;
  set(file: string, text: string): Promise<void>;
  /** What was done to a node, in order. */
  log(node: string): Promise<string[]>;
  remove(): Promise<void>;
}

export const makeBoxes = async (): Promise<Boxes> => {
  const dir = await mkdtemp(join(tmpdir(), 'seqgap-boxes-'));
  const set = (file: string, text: string): Promise<void> => writeFile(join(dir, file), `${text}\n`);
  await Promise.all([
    set('fw-a.role', 'UP'),
    set('fw-b.role', 'DOWN'),
    set('fw-a.sync', 'own 100 copied 3'),
    set('fw-b.sync', 'own 3 copied 100'),
    set('start', `echo DOWN > ${dir}/fw-a.role`),
    set('reboot', 'true'),
  ]);
  return {
    dir,
    set,
    node: (name, plug = null) => ({
      name,
      driver: 'box',
      ssh: null,
      http: null,
      serial: null,
      params: { dir },
      power: plug === null ? null : { driver: plug, params: { dir }, ssh: null, http: null },
    }),
    log: async (node) => {
      const text = await readFile(join(dir, `${node}.log`), 'utf8').catch(() => '');
      return text.split('\n').slice(0, -1);
    },
    remove: () => rm(dir, { recursive: true, force: true }),
  };
};
