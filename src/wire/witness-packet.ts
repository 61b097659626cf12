/** What the witness reads out of one frame. */
export interface WitnessPacket {
  readonly family: 4 | 6;
  readonly direction: 'forward' | 'reverse';
  readonly seq: number;
}

const ETHERNET = 14;
const UDP = 8;

/** Payload of a witness packet: sender (0 client, 1 server), three spare octets, sequence number. */
export const encodeWitness = (fromServer: boolean, seq: number): Buffer => {
  const payload = Buffer.alloc(8);
  payload.writeUInt8(fromServer ? 1 : 0, 0);
  payload.writeUInt32BE(seq, 4);
  return payload;
};

/** null for a frame that is none of the witness's (IPv4 without options or IPv6, UDP). */
export const decodeWitness = (frame: Buffer): WitnessPacket | null => {
  const family = frame.length > ETHERNET && frame.readUInt8(ETHERNET) >> 4 === 4 ? 4 : 6;
  const payload = ETHERNET + (family === 4 ? 20 : 40) + UDP;
  if (frame.length < payload + 8) return null;
  return {
    family,
    direction: frame.readUInt8(payload) === 0 ? 'forward' : 'reverse',
    seq: frame.readUInt32BE(payload + 4),
  };
};
