/** By this header the client names each request, and our own server says that its answers can be verified. */
export const ECHO_HEADER = 'x-seqgap';
/** Its value where the body is `numberedLine` after `numberedLine`. */
export const STREAM_KIND = 'lines';

export const LINE_OCTETS = 64;

/** Line `number` of a download, 64 octets. */
export const numberedLine = (number: number): string =>
  `seqgap ${number} `.padEnd(LINE_OCTETS - 1, '.') + '\n';
