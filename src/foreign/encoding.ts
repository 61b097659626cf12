/** How a log's characters are stored. `latin1` stands for every other code page: of those only ASCII is read. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'shift_jis' | 'latin1';

const startsWith = (head: Buffer, ...bytes: number[]): boolean =>
  bytes.every((byte, index) => head[index] === byte);

/** Every second byte of ASCII text in UTF-16 is 0. */
const zeros = (head: Buffer, offset: 0 | 1): number => {
  let count = 0;
  for (let at = offset; at < head.length; at += 2) if (head[at] === 0) count += 1;
  return count / Math.max(1, head.length / 2);
};

const decodes = (head: Buffer, encoding: 'utf-8' | 'shift_jis'): boolean => {
  try {
    // As a stream, for the last character may be cut off.
    new TextDecoder(encoding, { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
};

/** Kana in pairs: text in a western code page that happens to be valid Shift-JIS has none. */
const looksJapanese = (head: Buffer): boolean =>
  /[\u3041-\u30ff]{2}/.test(new TextDecoder('shift_jis').decode(head));

/**
 * Windows PowerShell 5 redirects as UTF-16LE with a byte order mark, cmd.exe in the console's code page (437, 850,
 * 932 = Shift-JIS), PowerShell 7 and everything else as UTF-8.
 */
export const encodingOf = (head: Buffer): Encoding => {
  if (startsWith(head, 0xff, 0xfe)) return 'utf-16le';
  if (startsWith(head, 0xfe, 0xff)) return 'utf-16be';
  if (zeros(head, 1) > 0.4) return 'utf-16le';
  if (zeros(head, 0) > 0.4) return 'utf-16be';
  if (decodes(head, 'utf-8')) return 'utf-8';
  return decodes(head, 'shift_jis') && looksJapanese(head) ? 'shift_jis' : 'latin1';
};

/** Chunks of a log as chunks in which a line feed is one byte: UTF-16 becomes UTF-8, the others stay as they are. */
export const byteChunks = (encoding: Encoding): ((chunk: Buffer | null) => Buffer) => {
  if (encoding !== 'utf-16le' && encoding !== 'utf-16be') return (chunk) => chunk ?? Buffer.alloc(0);
  const decoder = new TextDecoder(encoding);
  return (chunk) => Buffer.from(chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true }));
};

/** A line of the chunks above as text. */
export const lineText = (encoding: Encoding): ((bytes: Buffer, from: number, to: number) => string) => {
  switch (encoding) {
    case 'shift_jis': {
      const decoder = new TextDecoder('shift_jis');
      return (bytes, from, to) => decoder.decode(bytes.subarray(from, to));
    }
    case 'latin1':
      return (bytes, from, to) => bytes.toString('latin1', from, to);
    case 'utf-8':
    case 'utf-16le':
    case 'utf-16be':
      return (bytes, from, to) => bytes.toString('utf8', from, to).replace(/^\ufeff/, '');
  }
};
