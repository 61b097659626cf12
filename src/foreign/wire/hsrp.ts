import type { Role } from '../../model/event.js';
import { ipv4At, ipv6At, senderOf, type Datagram } from '../capture/datagram.js';
import type { Hello } from './hellos.js';

/** Destination ports: of IPv4 (RFC 2281), and of IPv6. */
export const HSRP_PORTS: ReadonlySet<number> = new Set([1985, 2029]);

const OPCODES = ['hello', 'coup', 'resign'];
const STATES_1: Readonly<Record<number, string>> = {
  0: 'Initial',
  1: 'Learn',
  2: 'Listen',
  4: 'Speak',
  8: 'Standby',
  16: 'Active',
};
const STATES_2 = ['Disabled', 'Initial', 'Learn', 'Listen', 'Speak', 'Standby', 'Active'];
const GROUP_STATE = { type: 1, length: 40 } as const;

const roleOf = (state: string, opcode: string): Role => {
  if (opcode === 'resign') return 'transitioning';
  switch (state) {
    case 'Active':
      return 'active';
    case 'Standby':
      return 'standby';
    case 'Disabled':
    case 'Initial':
      return 'suspended';
    default:
      return 'transitioning';
  }
};

interface Said {
  readonly version: 1 | 2;
  readonly opcode: string | undefined;
  readonly state: string | undefined;
  readonly hello_ms: number;
  readonly priority: number;
  readonly group: number;
  readonly address: string;
}

const version1 = (packet: Buffer, at: number): Said | null =>
  at + 20 > packet.length
    ? null
    : {
        version: 1,
        opcode: OPCODES[packet[at + 1] as number],
        state: STATES_1[packet[at + 2] as number],
        hello_ms: (packet[at + 3] as number) * 1000,
        priority: packet[at + 5] as number,
        group: packet[at + 6] as number,
        address: ipv4At(packet, at + 16),
      };

/** A list of types and lengths, of which the first tells the state. */
const version2 = (packet: Buffer, at: number): Said | null => {
  if (at + 42 > packet.length || packet[at + 2] !== 2) return null;
  return {
    version: 2,
    opcode: OPCODES[packet[at + 3] as number],
    state: STATES_2[packet[at + 4] as number],
    hello_ms: packet.readUInt32BE(at + 18),
    priority: packet.readUInt32BE(at + 14),
    group: packet.readUInt16BE(at + 6),
    address: packet[at + 5] === 6 ? ipv6At(packet, at + 26) : ipv4At(packet, at + 26),
  };
};

/** What a router says of itself to its group. @param at of what UDP carries; null: it is none, or cut too short. */
export const hsrpOf = (packet: Buffer, datagram: Datagram, at: number): Hello | null => {
  if (at + 2 > packet.length) return null;
  const isSecond = packet[at] === GROUP_STATE.type && packet[at + 1] === GROUP_STATE.length;
  const said = isSecond ? version2(packet, at) : packet[at] === 0 ? version1(packet, at) : null;
  if (said?.opcode === undefined || said.state === undefined) return null;
  const sender = senderOf(packet, datagram);
  const group = `HSRP group ${said.group}${datagram.version === 6 ? ' of IPv6' : ''}`;
  return {
    protocol: 'hsrp',
    key: `${group} ${sender}`,
    sender,
    group,
    // 0: it has not learned it yet.
    interval_ms: said.hello_ms === 0 ? null : said.hello_ms,
    words: `${said.opcode} of ${sender}, ${group}, version ${said.version}, ${said.state}, priority ${said.priority} for ${said.address}`,
    says: { kind: 'role', value: roleOf(said.state, said.opcode) },
  };
};
