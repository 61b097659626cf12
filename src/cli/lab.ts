import type { ArgumentsCamelCase, CommandModule } from 'yargs';
import { EXIT, KnownError, usage } from '../model/error.js';
import { LAB_DESIGNS, type LabDesign } from '../model/lab-plan.js';
import { askPower, askStatus, POWER_ACTIONS, type PowerAction } from '../lab/ask.js';
import type { KeptLab } from '../lab/kept.js';
import { NODES, type NodeName } from '../lab/ground/topology.js';
import { redactedJson } from '../model/json.js';
import { stderr, stdout } from '../terminal.js';

// What a command needs is loaded when it runs: `lab power` is a trigger and has to start quickly.

const PLACES = ['jump', 'client', 'server', 'fw-a', 'fw-b'] as const;

/** The lab this command is about: the one it runs inside of (null), or else the kept one. */
const currentLab = async (): Promise<KeptLab | null> => {
  const { inLab } = await import('../lab/paths.js');
  if (inLab()) return null;
  const { findKept } = await import('../lab/kept.js');
  const kept = findKept();
  if (kept === null) throw usage('no lab is up', 'start one with "seqgap lab up"');
  return kept;
};

/** Where the lab's files are, seen from here. */
const rootOf = async (kept: KeptLab | null): Promise<string> => {
  if (kept === null) return '';
  const { initOf } = await import('../lab/kept.js');
  return `/proc/${initOf(kept) ?? kept.pid}/root`;
};

interface UpArguments {
  readonly design: LabDesign;
  readonly knob: readonly string[];
  readonly advert: string | undefined;
  readonly sync: 'conntrackd' | 'none' | undefined;
  readonly boot: string | undefined;
  readonly 'tcp-loose': boolean | undefined;
  readonly nat: 'none' | 'ports' | undefined;
  readonly preempt: boolean | undefined;
  readonly witness: boolean;
}

/** `--knob heartbeat=1s`. Throws KnownError (usage). */
export const knobPairs = (option: string, pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw usage(`${option} ${pair}: a knob is KEY=VALUE`, `for example ${option} heartbeat=1s`);
      return [pair.slice(0, at), pair.slice(at + 1)] as const;
    }),
  );

/** `--knob heartbeat=1s`, and the options that are short for a knob: what was not given is left to the design. */
const knobsOf = ({ knob, ...args }: ArgumentsCamelCase<UpArguments>): Record<string, string> => {
  const { advert, sync, boot, tcpLoose, nat, preempt } = args;
  const named = { advert, sync, boot, 'tcp-loose': tcpLoose, nat, preempt };
  const given = Object.entries(named).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] as const],
  );
  return { ...Object.fromEntries(given), ...knobPairs('--knob', knob) };
};

const up: CommandModule<object, UpArguments> = {
  command: 'up',
  describe: 'Start a lab and keep it: scenarios with the same knobs then use it',
  builder: (yargs) =>
    yargs
      .option('design', {
        choices: LAB_DESIGNS,
        default: 'vrrp' as const,
        describe: 'Design of the pair; docs/lab.md tells of each',
      })
      .option('knob', {
        type: 'string',
        array: true,
        default: [],
        describe: 'KEY=VALUE, as in "lab:" of a scenario; may be repeated',
      })
      .option('advert', { type: 'string', describe: 'vrrp: advertisement interval (1s)' })
      .option('sync', { choices: ['conntrackd', 'none'] as const, describe: 'State sync between the nodes' })
      .option('boot', { type: 'string', describe: 'From power back to the HA software started (4s)' })
      .option('tcp-loose', {
        type: 'boolean',
        describe: 'vrrp: nodes pick up TCP connections they never saw begin (nf_conntrack_tcp_loose)',
      })
      .option('nat', {
        choices: ['none', 'ports'] as const,
        describe: 'vrrp: "ports": nodes give client TCP connections another address and port',
      })
      .option('preempt', { type: 'boolean', describe: 'vrrp: fw-a takes its role back' })
      .option('witness', {
        type: 'boolean',
        default: false,
        describe: 'Write the true outages (costs a core)',
      })
      .example('$0 lab up', 'the knobs of "lab: vrrp"')
      .example('$0 lab up --advert 200ms --sync none', 'fast takeover, no state sync')
      .example('$0 lab up --design cloud-ip --knob "attach=10s to 40s"', 'a pair in a slow cloud'),
  handler: async (args: ArgumentsCamelCase<UpArguments>) => {
    const { labOfKnobs } = await import('../scenario/lab.js');
    const { keepLab } = await import('../lab/start.js');
    const { pingTarget } = await import('../lab/design.js');
    const plan = labOfKnobs(args.design, knobsOf(args));
    await keepLab(plan, {
      witness: args.witness,
      onStep: (text) => stderr.write(`lab: ${text}\n`),
    });
    stdout.write(
      [
        'The lab is up. From client 10.4.3.4 through the pair to server 10.4.4.4.',
        `${`  seqgap lab exec client -- ping ${pingTarget(plan)}`.padEnd(45)}a command on a machine (or a shell)`,
        '  seqgap lab power fw-a crash                pull its plug; it boots again',
        '  seqgap lab status                          power and roles',
        '  seqgap lab down                            end it',
        '',
      ].join('\n'),
    );
  },
};

interface ExecArguments {
  readonly machine: (typeof PLACES)[number];
  readonly command: readonly string[];
}

const machineCommand = async (
  machine: Exclude<ExecArguments['machine'], 'jump'>,
  root: string,
  command: readonly string[],
): Promise<string[]> => {
  const { readFile } = await import('node:fs/promises');
  const { labPaths } = await import('../lab/paths.js');
  const pid = await readFile(`${root}${labPaths.pid(machine)}`, 'utf8').catch((cause: unknown) => {
    throw new KnownError(`${machine} has no power`, { remedy: `seqgap lab power ${machine} on`, cause });
  });
  return ['nsenter', '--target', pid.trim(), '--net', '--mount', '--pid', '--uts', ...command];
};

const exec: CommandModule<object, ExecArguments> = {
  command: 'exec <machine> [command..]',
  describe: 'Run a command, or a shell, on a machine of the lab',
  builder: (yargs) =>
    yargs
      .positional('machine', { choices: PLACES, demandOption: true, describe: 'Where' })
      .positional('command', {
        type: 'string',
        array: true,
        default: [],
        describe: 'After --; none: a shell',
      })
      .example('$0 lab exec fw-a -- conntrack -L', 'the state table of fw-a')
      .example('$0 lab exec client -- ping 10.4.4.4', 'through the pair')
      .example('$0 lab exec jump', 'a shell on the management network'),
  handler: async ({ machine, command, _: rest }) => {
    const kept = await currentLab();
    // yargs leaves the words after `--` behind those of the command's own name.
    const given = [...command, ...rest.slice(2)].map(String);
    const wanted = given.length > 0 ? given : [process.env['SHELL'] ?? '/bin/sh'];
    const there = machine === 'jump' ? wanted : await machineCommand(machine, await rootOf(kept), wanted);
    const { runInForeground } = await import('../lab/enter.js');
    process.exitCode = await runInForeground(kept, there);
  },
};

interface PowerArguments {
  readonly node: NodeName;
  readonly action: PowerAction;
}

const power: CommandModule<object, PowerArguments> = {
  command: 'power <node> <action>',
  describe: "A node's plug: crash (cut, and boot again), off, on, status; prints {node, power} as JSON",
  builder: (yargs) =>
    yargs
      .positional('node', { choices: NODES, demandOption: true })
      .positional('action', { choices: POWER_ACTIONS, demandOption: true })
      .example('$0 lab power fw-a crash', 'power cut; it comes back after the boot time')
      .example('$0 lab power fw-a off', 'power cut until "on"'),
  handler: async ({ node, action }) => {
    const answer = await askPower(node, action, await rootOf(await currentLab()));
    stdout.writeDocument(`${redactedJson(answer)}\n`);
  },
};

const status: CommandModule<object, { readonly json: boolean }> = {
  command: 'status',
  describe: 'Knobs, power and HA state of the lab; exit code 2 if none is up',
  builder: (yargs) =>
    yargs
      .option('json', { type: 'boolean', default: false, describe: 'Print a record' })
      .example('$0 lab status --json', 'for programs'),
  handler: async ({ json }) => {
    const { planText } = await import('../scenario/lab.js');
    const lab = await currentLab()
      .then(rootOf)
      .then(askStatus)
      .catch((error: unknown) => {
        if (error instanceof KnownError) return null;
        throw error;
      });
    if (lab === null) process.exitCode = EXIT.inconclusive;
    if (json) {
      stdout.writeDocument(`${redactedJson({ format: 1, lab })}\n`);
      return;
    }
    const lines =
      lab === null
        ? ['no lab is up']
        : [
            `${planText(lab.plan)}${lab.witness ? ', with witness' : ''}`,
            ...lab.nodes.map(({ node, power, ha }) => `${node}: power ${power}, ${ha ?? 'silent'}`),
          ];
    stdout.write(`${lines.join('\n')}\n`);
  },
};

const down: CommandModule = {
  command: 'down',
  describe: 'End the kept lab; nothing of it is left',
  builder: (yargs) => yargs.example('$0 lab down', ''),
  handler: async () => {
    const { findKept } = await import('../lab/kept.js');
    const { endKept } = await import('../lab/start.js');
    const kept = findKept();
    if (kept !== null) await endKept(kept);
    stdout.write(kept === null ? 'no lab was up\n' : 'the lab is gone\n');
  },
};

/** `seqgap lab`: the HA pair in network namespaces, by hand. */
export const labCommand: CommandModule = {
  builder: (yargs) =>
    yargs
      .command(up)
      .command(exec)
      .command(power)
      .command(status)
      .command(down)
      .demandCommand(1, 'Say what to do: seqgap lab --help lists the commands.')
      .example('$0 lab up --advert 200ms', 'start one')
      .example('$0 lab exec client -- ping 10.4.4.4', 'look around'),
  handler: () => undefined,
};
