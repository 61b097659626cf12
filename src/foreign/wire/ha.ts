import type { Hello } from './hellos.js';

/**
 * Hellos of pairs whose content is nobody's but the vendor's: that they come, and from whom, is what is read. Where they go is
 * in the vendors' own documents.
 */
export const HA_ETHERTYPES: Readonly<Record<number, string>> = {
  0x8890: 'FortiGate HA heartbeat (0x8890)',
  // Of transparent mode; newer versions redistribute traffic by it.
  0x8891: 'FortiGate HA packet (0x8891)',
};
export const HA_PORTS: Readonly<Record<number, string>> = {
  694: 'Heartbeat',
  5405: 'Corosync',
  8116: 'Check Point cluster control',
};

/** What a name stands for, from whom: they say no interval, so that it is learned. */
export const haHello = (name: string, sender: string, receiver: string | null): Hello => ({
  protocol: 'ha',
  key: `${name} ${sender} ${receiver ?? ''}`,
  sender,
  group: null,
  interval_ms: null,
  words: `${name} of ${sender}${receiver === null ? '' : ` to ${receiver}`}`,
  says: null,
});

const ECHO_REQUEST = 8;

/** PAN-OS asks its peer with an ICMP echo; so may somebody who stands at a node, which the words do not hide. */
export const isEchoRequest = (packet: Buffer, at: number): boolean => packet[at] === ECHO_REQUEST;
