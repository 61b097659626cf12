/** Code pages that are told apart by words that ping has in them. Each keeps a line feed one byte. */
const CODE_PAGES = [
  'cp850',
  'windows-1252',
  'ibm866',
  'windows-1251',
  'gb18030',
  'big5',
  'euc-kr',
  'windows-1250',
  'windows-1254',
] as const;
/** How a log's characters are stored. */
export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'shift_jis' | (typeof CODE_PAGES)[number];

/** Of 128 on; Node has no decoder for it. */
const CP850 =
  'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00ad±‗¾¶§÷¸°¨·¹³²■\u00a0';

/** In the words of Windows' ping, of the languages that need more than ASCII. */
const WORDS =
  /Réponse|requête|donnée|dépassé|Zeitüberschreitung|für|ausgeführt|från|Begäran|Ответ|байт|Превышен|Обмен|回复|请求|字节|回覆|要求|位元組|응답|바이트|요청|Odpowiedź|żądani|Yanıt|süre|isteği|požadav|vypršel|kérés|Pyyntö|Destinationsvärd|forespørsel|solicitação/giu;

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
 * Windows PowerShell 5 redirects as UTF-16LE with a byte order mark, cmd.exe in the console's code page (437, 850, 866,
 * 936 = GBK, 932 = Shift-JIS), PowerShell 7 and everything else as UTF-8.
 */
export const encodingOf = (head: Buffer): Encoding => {
  if (startsWith(head, 0xff, 0xfe)) return 'utf-16le';
  if (startsWith(head, 0xfe, 0xff)) return 'utf-16be';
  if (zeros(head, 1) > 0.4) return 'utf-16le';
  if (zeros(head, 0) > 0.4) return 'utf-16be';
  if (decodes(head, 'utf-8')) return 'utf-8';
  if (decodes(head, 'shift_jis') && looksJapanese(head)) return 'shift_jis';
  return codePageOf(head);
};

const WESTERN_LETTERS = 0xc0;

/** The one in which the text has the most words of ping; without any, western letters stand above or below 192. */
const codePageOf = (head: Buffer): Encoding => {
  const scores = CODE_PAGES.map((page) => ({
    page,
    words: lineText(page)(head, 0, head.length).match(WORDS)?.length ?? 0,
  }));
  const best = scores.reduce((most, each) => (each.words > most.words ? each : most));
  if (best.words > 0) return best.page;
  const high = head.filter((octet) => octet >= 0x80);
  const above = high.filter((octet) => octet >= WESTERN_LETTERS).length;
  return above > high.length / 2 ? 'windows-1252' : 'cp850';
};

/** Chunks of a log as chunks in which a line feed is one byte: UTF-16 becomes UTF-8, the others stay as they are. */
export const byteChunks = (encoding: Encoding): ((chunk: Buffer | null) => Buffer) => {
  if (encoding !== 'utf-16le' && encoding !== 'utf-16be') return (chunk) => chunk ?? Buffer.alloc(0);
  const decoder = new TextDecoder(encoding);
  return (chunk) => Buffer.from(chunk === null ? decoder.decode() : decoder.decode(chunk, { stream: true }));
};

const fromCp850 = (bytes: Buffer, from: number, to: number): string =>
  bytes
    .toString('latin1', from, to)
    .replace(/[\u0080-\u00ff]/g, (each) => CP850[each.charCodeAt(0) - 0x80] as string);

/** A line of the chunks above as text. */
export const lineText = (encoding: Encoding): ((bytes: Buffer, from: number, to: number) => string) => {
  if (encoding === 'cp850') return fromCp850;
  // Chunks of UTF-16 are UTF-8 by now.
  if (encoding === 'utf-8' || encoding === 'utf-16le' || encoding === 'utf-16be')
    return (bytes, from, to) => bytes.toString('utf8', from, to).replace(/^\ufeff/, '');
  const decoder = new TextDecoder(encoding);
  return (bytes, from, to) => decoder.decode(bytes.subarray(from, to));
};

/** The beginning of a log, as it is stored. */
export const headText = (head: Buffer, encoding: Encoding): string =>
  encoding === 'cp850' ? fromCp850(head, 0, head.length) : new TextDecoder(encoding).decode(head);
