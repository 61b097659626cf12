/** An address of IEEE 802 with 48 bits, as Linux writes it. */
export const macAt = (packet: Buffer, at: number): string =>
  Array.from(packet.subarray(at, at + 6), (octet) => octet.toString(16).padStart(2, '0')).join(':');

/** The same as a number, to compare. */
export const macNumber = (packet: Buffer, at: number): number => packet.readUIntBE(at, 6);

export const macOf = (number: number): string =>
  number
    .toString(16)
    .padStart(12, '0')
    .replaceAll(/(..)(?=.)/g, '$1:');

/** Of a group, or of all: nobody's own. */
export const isGroupMac = (packet: Buffer, at: number): boolean => ((packet[at] as number) & 1) === 1;
