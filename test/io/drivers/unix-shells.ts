import type { TestPair, Unit } from './pair.js';
import { each, goDown, NAMES, type Shell } from './unit-shell.js';
import type { Vendor } from './vendor.js';

/** The expert shell; clish, the other one, has another prompt. */
const checkpoint = (pair: TestPair, unit: Unit): Shell => {
  const row = (of: Unit): string => {
    const state = pair.state(of, 'ACTIVE', 'STANDBY', 'DOWN');
    const id = `${of + 1}${of === unit ? ' (local)' : ''}`;
    const load = state === 'ACTIVE' ? '100%' : '0%';
    return `${id.padEnd(11)}192.0.2.24${of}     ${load.padEnd(16)}${state.padEnd(15)}gw-${of}`;
  };
  return {
    banner: 'Last login: Mon Nov 16 09:12:01 2026 from 192.0.2.9\n',
    prompt: () => `[Expert@gw-${unit}:0]# `,
    refusal: '-bash: /opt/CPsuite-R81/fw1/bin/cphaprob: Permission denied',
    answer: (terminal, line) => {
      if (line === 'cphaprob state')
        return terminal.write(
          [
            '\nCluster Mode:   High Availability (Active Up) with IGMP Membership\n',
            'ID         Unique Address  Assigned Load   State          Name\n',
            row(0),
            row(1),
            '\n\nActive PNOTEs: None\n\n',
          ].join('\n'),
        );
      if (line === 'cphaprob syncstat')
        return terminal.write(
          'Delta Sync Statistics\n\nSync status: OK\n\nDrops:\nLost updates........  0\n',
        );
      if (line === 'clusterXL_admin down') {
        pair.hold(unit);
        return terminal.write(
          'This command does not survive reboot. To make the change permanent, please run ' +
            "'set cluster member admin down/up permanent' in clish.\n" +
            'Setting member to administratively down state ...\nMember current state is DOWN\n',
        );
      }
      if (line === 'clusterXL_admin up') {
        pair.release(unit);
        return terminal.write('Setting member to normal operation ...\nMember current state is STANDBY\n');
      }
      if (line === 'reboot') return goDown(terminal);
      terminal.write(`-bash: ${line}: command not found\n`);
    },
  };
};

/** The shell of root, a command at a time. */
const pfsense = (pair: TestPair, unit: Unit): Shell => {
  const carp = (vhid: number): string =>
    `\tcarp: ${pair.state(unit, 'MASTER', 'BACKUP')} vhid ${vhid} advbase 1 advskew ${unit * 100}\n`;
  const played = (script: string): string =>
    `Starting the pfSense developer shell....\n\nPlayback of file ${script} started.\n\n`;
  return {
    prompt: () => '',
    refusal: 'pfSsh.php: Permission denied',
    answer: (terminal, line) => {
      switch (line) {
        case 'ifconfig; sysctl net.inet.carp.allow':
          return terminal.write(
            `vtnet0: flags=1008943<UP,BROADCAST,RUNNING> metric 0 mtu 1500\n${carp(1)}\tstatus: active\n` +
              `vtnet1: flags=1008943<UP,BROADCAST,RUNNING> metric 0 mtu 1500\n${carp(2)}net.inet.carp.allow: 1\n`,
          );
        case 'sysctl -n net.inet.carp.demotion':
          return terminal.write(pair.held[unit] ? '240\n' : '0\n');
        case 'sysctl -n net.inet.carp.allow':
          return terminal.write('1\n');
        case 'grep -c virtualip_carp_maintenancemode /cf/conf/config.xml || true':
          return terminal.write(pair.held[unit] ? '1\n' : '0\n');
        case 'pfSsh.php playback enablecarpmaint':
          pair.hold(unit);
          return terminal.write(played('enablecarpmaint'));
        case 'pfSsh.php playback disablecarpmaint':
          pair.release(unit);
          return terminal.write(played('disablecarpmaint'));
        case 'reboot':
          return goDown(terminal);
        default:
          terminal.write(`sh: ${line}: not found\n`);
      }
    },
  };
};

/** Two modes, of which only one shows how things are; what was not committed goes with the session. */
const vyos = (pair: TestPair, unit: Unit): Shell => {
  let configuring = false;
  let change: (() => void) | null = null;
  const flag = 'high-availability disable';
  const configure: Readonly<Record<string, () => void>> = {
    [`set ${flag}`]: () => (change = () => pair.hold(unit)),
    [`delete ${flag}`]: () => (change = () => pair.release(unit)),
    commit: () => {
      change?.();
      change = null;
    },
    exit: () => (configuring = false),
  };
  const row = (state: string): string => `LAN   eth0       10    ${state.padEnd(8)}  200       2m13s\n`;
  return {
    banner: 'Welcome to VyOS\n\n',
    prompt: () => (configuring ? `[edit]\nvyos@${NAMES[unit]}# ` : `vyos@${NAMES[unit]}:~$ `),
    refusal: '[[high-availability vrrp]] failed\nCommit failed',
    answer: (terminal, line) => {
      if (line === 'set terminal length 0') {
        // Every session begins with it.
        configuring = false;
        change = null;
      } else if (configuring) {
        const act = configure[line];
        if (act === undefined) terminal.write(`\n  Invalid command: [${line}]\n\n`);
        else act();
      } else if (line === 'configure') configuring = true;
      else if (line === 'show vrrp') {
        const state = pair.state(unit, 'MASTER', 'BACKUP', '');
        terminal.write(
          state === ''
            ? 'VRRP is not running\n'
            : `Name  Interface  VRID  State     Priority  Last Transition\n----  ---------  ----  --------  --------  ---------------\n${row(state)}`,
        );
      } else if (line === 'show configuration commands | match "set high-availability"')
        terminal.write(
          `${pair.state(unit, '', '', `set ${flag}\n`)}set high-availability vrrp group LAN vrid '10'\n`,
        );
      else if (line === 'show version') terminal.write('Version:          VyOS 1.4.2\n');
      else if (line === 'show conntrack-sync statistics')
        terminal.write('conntrack-sync is not configured!\n');
      else if (line === 'reboot now') return goDown(terminal);
      else terminal.write(`\n  Invalid command: [${line}]\n\n`);
    },
  };
};

export const unixShells: readonly Vendor[] = [
  {
    name: 'checkpoint',
    question: /^cphaprob state$/,
    action: /^clusterXL_admin down$/,
    reboot: /^reboot$/,
    undo: /^clusterXL_admin up$/,
    start: each(checkpoint),
  },
  {
    name: 'pfsense',
    question: /^ifconfig/,
    action: /playback enablecarpmaint$/,
    reboot: /^reboot$/,
    undo: /playback disablecarpmaint$/,
    start: each(pfsense),
  },
  {
    // What is set takes effect by the commit, and what is deleted too.
    name: 'vyos',
    question: /^show vrrp$/,
    action: /^commit$/,
    reboot: /^reboot now$/,
    undo: /^commit$/,
    start: each(vyos),
  },
];
