/** One captured packet: kernel time (epoch seconds) and the frame from its Ethernet header on. */
export interface CapturedPacket {
  readonly time: number;
  readonly frame: Buffer;
}

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
/** Nanosecond variant of the pcap file format (draft-ietf-opsawg-pcap §4), written in this host's byte order. */
const MAGIC_NS = 0xa1b23c4d;

/**
 * Reads a little-endian nanosecond pcap stream (`tcpdump --time-stamp-precision=nano -w -`) chunk by chunk; keeps
 * no more than one unfinished record.
 */
export const createPcapReader = (onPacket: (packet: CapturedPacket) => void): ((chunk: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  let started = false;
  return (chunk) => {
    let data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (!started) {
      if (data.length < FILE_HEADER) {
        rest = data;
        return;
      }
      if (data.readUInt32LE(0) !== MAGIC_NS) throw new Error('not a little-endian nanosecond pcap stream');
      data = data.subarray(FILE_HEADER);
      started = true;
    }
    while (data.length >= RECORD_HEADER) {
      const end = RECORD_HEADER + data.readUInt32LE(8);
      if (data.length < end) break;
      const time = data.readUInt32LE(0) + data.readUInt32LE(4) / 1e9;
      onPacket({ time, frame: data.subarray(RECORD_HEADER, end) });
      data = data.subarray(end);
    }
    rest = data;
  };
};
