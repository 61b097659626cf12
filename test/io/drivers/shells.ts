import { PASSWORD, type Terminal } from '../trigger/device.js';
import { other, type TestPair, type Unit } from './pair.js';
import { unixShells } from './unix-shells.js';
import { each, goDown, NAMES, type Shell } from './unit-shell.js';
import type { Vendor } from './vendor.js';

/** The enable password of the ASA. */
export const ENABLE = 'l3t m$ in';

const panos = (pair: TestPair, unit: Unit): Shell => {
  const state = (of: Unit): string => pair.state(of, 'active', 'passive', 'suspended');
  return {
    banner: `Last login: Mon Nov 16 09:12:01 2026 from 192.0.2.9\n\nNumber of failed attempts since last successful login: 0\n\n`,
    prompt: () => `admin@${NAMES[unit]}(${state(unit)})> `,
    refusal: 'Server error : op command for client haagent timed out as client is not available',
    answer: async (terminal, line) => {
      if (line === 'set cli pager off') return;
      if (line === 'request restart system') {
        terminal.write('Executing this command will disconnect the current session. ');
        const sure = await terminal.ask('Do you want to continue? (y or n)\n\n(y or n) ');
        return sure === 'y' ? goDown(terminal) : undefined;
      }
      if (line === 'show system info')
        return terminal.write(`hostname: fw\nserial: 00110011000${unit}\nvm-uuid: unknown\n`);
      if (line === 'show high-availability state')
        return terminal.write(
          [
            'Group 1:',
            '  Mode: Active-Passive',
            '  Local Information:',
            `    State: ${state(unit)} (last 3 minutes)`,
            '    State Synchronization: Complete; type: ethernet',
            '  Peer Information:',
            '    Connection status: up',
            `    State: ${state(other(unit))} (last 3 minutes)`,
            '  Configuration Synchronization:',
            '    Running Configuration: synchronized\n',
          ].join('\n'),
        );
      if (line === 'request high-availability state suspend') {
        pair.hold(unit);
        return terminal.write('\nSuccessfully changed HA state to suspended\n');
      }
      if (line === 'request high-availability state functional') {
        pair.release(unit);
        return terminal.write('\nSuccessfully changed HA state to functional\n');
      }
      terminal.write(`Unknown command: ${line}\n`);
    },
  };
};

const fortios = (pair: TestPair, unit: Unit): Shell => {
  const serial = (of: Unit): string => `FGT60F000000000${of}`;
  const sure = async (terminal: Terminal, change: () => void): Promise<void> => {
    terminal.write(
      'Caution: This command will trigger an HA failover.\nIt is intended for testing purposes.\n',
    );
    if ((await terminal.ask('Do you want to continue? (y/n)', true)) === 'y') change();
  };
  return {
    // Both units have the same host name.
    prompt: () => 'FW # ',
    refusal: 'Command fail. Return code -61',
    answer: async (terminal, line) => {
      if (line === 'get system status')
        return terminal.write(
          `Version: FortiGate-60F v7.0.15\nSerial-Number: ${serial(unit)}\nHostname: FW\n`,
        );
      if (line === 'get system ha status') {
        const standby = other(pair.active);
        terminal.write('HA Health Status: OK\nModel: FortiGate-60F\nMode: HA A-P\nses_pickup: enable\n');
        if ((await terminal.ask('--More-- ', true)) !== ' ') throw new Error('no blank');
        return terminal.write(
          [
            '\r         \rConfiguration Status:',
            `    ${serial(0)}(updated 1 seconds ago): in-sync`,
            `    ${serial(1)}(updated 2 seconds ago): in-sync`,
            'System Usage stats:',
            `    ${serial(0)}(updated 1 seconds ago):`,
            '        sessions=768, average-cpu-user/nice/system/idle=0%/0%/0%/99%, memory=35%',
            `Primary     : FW, ${serial(pair.active)}, HA cluster index = 1`,
            `Secondary   : FW, ${serial(standby)}, HA cluster index = 0`,
            'number of vcluster: 1',
            `Primary: ${serial(0)}, HA operating index = 0`,
            `Secondary: ${serial(1)}, HA operating index = 1\n`,
          ].join('\n'),
        );
      }
      if (line === 'execute ha failover status')
        return terminal.write(`failover status: ${pair.held[unit] ? 'set' : 'unset'}\n`);
      if (line === 'execute reboot') {
        terminal.write('This operation will reboot the system !\n');
        const sure = await terminal.ask('Do you want to continue? (y/n)', true);
        return sure === 'y' ? goDown(terminal) : undefined;
      }
      if (line === 'execute ha failover set 1') return sure(terminal, () => pair.hold(unit));
      if (line === 'execute ha failover unset 1') return sure(terminal, () => pair.release(unit));
      terminal.write('Unknown action 0\n');
    },
  };
};

const asa = (pair: TestPair): Shell => {
  const units = ['Primary', 'Secondary'] as const;
  const serials = ['JAF1610APKQ', 'JAF1610ALGM'] as const;
  let enabled = false;
  return {
    // The address is that of the active unit.
    prompt: () => (enabled ? 'fw/act# ' : 'fw> '),
    refusal: "          ^\nERROR: % Invalid input detected at '^' marker.",
    answer: async (terminal, line) => {
      const [own, mate] = [pair.active, other(pair.active)];
      if (line === 'enable') {
        enabled = (await terminal.ask('Password: ')) === ENABLE;
        return enabled ? undefined : terminal.write('Invalid password\n');
      }
      if (!enabled) return terminal.write('ERROR: % Invalid input detected\n');
      if (line === 'terminal pager 0') return;
      if (line === 'show failover')
        return terminal.write(
          [
            'Failover On ',
            `Failover unit ${units[own]}`,
            `Serial Number: Ours ${serials[own]}, Mate ${serials[mate]}`,
            `        This host: ${units[own]} - Active `,
            '                Active time: 87 (sec)',
            `        Other host: ${units[mate]} - Standby Ready `,
            'Stateful Failover Logical Update Statistics',
            '        Link : folink GigabitEthernet0/2 (up)\n',
          ].join('\n'),
        );
      if (line === 'failover exec active reload noconfirm') return goDown(terminal);
      if (line === 'failover exec active no failover active') return pair.move();
      terminal.write("ERROR: % Invalid input detected at '^' marker.\n");
    },
  };
};

const srx = (pair: TestPair, unit: Unit): Shell => {
  const row = (of: Unit): string =>
    `node${of}  100      ${pair.state(of, 'primary', 'secondary', 'secondary').padEnd(14)} no      ${manual()}`;
  // Both nodes of the group show it.
  const manual = (): string => (pair.held.includes(true) ? 'yes' : 'no').padEnd(8);
  return {
    prompt: () => `{${pair.state(unit, 'primary', 'secondary')}:node${unit}}\nadmin@${NAMES[unit]}> `,
    refusal: 'error: Manual failover is not permitted for redundancy-group 1',
    answer: async (terminal, line) => {
      if (line === 'set cli screen-length 0') return terminal.write('Screen length set to 0\n\n');
      if (line === 'show chassis hardware node local')
        return terminal.write(
          `node${unit}:\n----------\nHardware inventory:\nItem             Version  Part number  Serial number     Description\nChassis                                CX0917AF001${unit}      SRX340\n\n`,
        );
      if (line === 'show chassis cluster status redundancy-group 1')
        return terminal.write(
          `Cluster ID: 1\nNode   Priority Status         Preempt Manual   Monitor-failures\n\nRedundancy group: 1 , Failover count: 1\n${row(0)} None\n${row(1)} None\n\n`,
        );
      if (line === 'request system reboot') {
        const sure = await terminal.ask('Reboot the system ? [yes,no] (no) ');
        return sure === 'yes' ? goDown(terminal) : undefined;
      }
      const failover = /^request chassis cluster failover redundancy-group 1 node ([01])$/.exec(line);
      if (failover !== null && pair.held.includes(true))
        return terminal.write('Manual failover is set. Please reset it before requesting a failover\n');
      if (failover !== null) {
        if (Number(failover[1]) !== pair.active) pair.hold(pair.active);
        return terminal.write('Initiated manual failover for redundancy group 1\n\n');
      }
      if (line === 'request chassis cluster failover reset redundancy-group 1') {
        pair.release(0);
        pair.release(1);
        return terminal.write('Successfully reset manual failover for redundancy group 1\n\n');
      }
      terminal.write('unknown command.\n');
    },
  };
};

/** Serial number of a member. */
const member = (unit: Unit): string => `SN310A0000000${unit}A`;

const stormshield = (pair: TestPair, unit: Unit): Shell => {
  let client = false;
  const of = (line: string): Unit => (line.includes(member(0)) ? 0 : 1);
  return {
    prompt: () => (client ? 'SRPClient>' : `${member(unit)}>`),
    refusal: '200 code=00500002 msg="Command failed"',
    answer: async (terminal, line) => {
      if (line === 'nsrpc admin@127.0.0.1') {
        terminal.write('Welcome to Cipher/SRP client\n');
        client = (await terminal.ask('Enter password:')) === PASSWORD;
        return terminal.write(
          client ? 'Connecting to 127.0.0.1...\nUser=admin\n' : 'Authentication failed\n',
        );
      }
      if (!client) return terminal.write(`${line.split(' ')[0]}: Command not found.\n`);
      if (line === `ha info serial=${member(of(line))}`) {
        const asked = of(line);
        return terminal.write(
          [
            '101 code=00a01000 msg="Begin" format="section"',
            `[${member(asked)}]`,
            'Reply=1',
            `Forced=${pair.held[asked] ? 'Passive' : 'No'}`,
            `Mode=${pair.state(asked, 'Active', 'Passive')}`,
            `ConnectedOn=${asked === unit ? 1 : 0}`,
            `State=${pair.state(asked, 'Running', 'Ready')}`,
            'Link=OK',
            '100 code=00a00100 msg="Ok"\n',
          ].join('\n'),
        );
      }
      if (line.startsWith('ha setmode mode=passive ')) pair.hold(of(line));
      else if (line.startsWith('ha setmode mode=normal ')) pair.release(of(line));
      else if (!/^modify o(?:n|ff)$/.test(line))
        return terminal.write('200 code=00500001 msg="Unknown command"\n');
      terminal.write('100 code=00a00100 msg="Ok"\n');
    },
  };
};

export const shells: readonly Vendor[] = [
  {
    name: 'panos-cli',
    question: /^show high-availability state$/,
    action: /state suspend$/,
    reboot: /request restart system/,
    undo: /state functional$/,
    start: each(panos),
  },
  {
    name: 'fortios',
    question: /^get system ha status$/,
    action: /failover set 1$/,
    reboot: /execute reboot/,
    undo: /failover unset 1$/,
    start: each(fortios),
  },
  {
    name: 'asa',
    question: /^show failover$/,
    action: /no failover active$/,
    reboot: /reload noconfirm/,
    undo: null,
    start: each(
      (pair) => asa(pair),
      (unit) => ({
        unit: unit === 0 ? 'Primary' : 'Secondary',
        enable: ENABLE,
      }),
    ),
  },
  {
    name: 'srx',
    question: /^show chassis cluster status/,
    action: /redundancy-group 1 node 1$/,
    reboot: /request system reboot/,
    undo: /failover reset/,
    start: each(srx, (unit) => ({ 'node-id': String(unit) })),
  },
  {
    name: 'stormshield',
    question: /^ha info/,
    action: /setmode mode=passive/,
    reboot: null,
    undo: /setmode mode=normal/,
    start: each(stormshield, (unit) => ({ serial: member(unit), password: PASSWORD })),
  },
  ...unixShells,
];
