import { redact } from '../../model/secret.js';
import type { Sample } from '../driver/schema.js';
import type { Reading } from './examine.js';
import { inTime } from './in-time.js';
import type { Reader } from './readers.js';

/*
 * What an answer shows of a device that nobody else needs to know. Registered secrets are known; others are found by the words
 * that devices put before them. It cannot be complete: addresses and names of other devices stay.
 */

/** Behind such a word stands a secret, perhaps after a kind of encryption (`password 7 0822…`) and a sign. */
const TELLING =
  /((?:passw(?:or)?d|passphrase|secret|community|pre-?shared-?key|psk|api-?key|private-?key|token|(?:auth(?:entication)?[-_ ])(?:key|pass|data|text|string|md5)(?:,? (?:key-)?string)?|key-string)\w*["']?(?:[ \t]*[:=]|[ \t])[ \t]*(?:ENC[ \t]+|(?:0|5|7|8|9|\$\d+)[ \t]+)?)("[^"\n]*"|'[^'\n]*'|[^\s",;<]+)/gi;
const PRIVATE_KEY = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^]*?-----END \1-----/g;
/** In XML the value stands between tags. */
const TELLING_TAG = /<([\w-]*(?:password|secret|phash|key|community)(?:[ \t][^<>\n]*)?)>[^<>\n]+</gi;

const quoted = (value: string): string => {
  const quote = /^["']/.exec(value)?.[0] ?? '';
  return `${quote}***${quote}`;
};

const withoutTelling = (text: string): string =>
  text
    .replaceAll(PRIVATE_KEY, '***')
    .replaceAll(TELLING, (_, before: string, value: string) => `${before}${quoted(value)}`)
    .replaceAll(TELLING_TAG, '<$1>***<');

/** Another word of the same shape: each digit is replaced. What has none is left as it is. */
const pseudonym = (word: string, index: number): string => {
  let count = index;
  return word.replaceAll(/\d/g, () => String(++count % 10));
};

const literally = (word: string): RegExp =>
  new RegExp(
    String.raw`(?<![\w.-])${word.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)}(?![\w-]|\.\d)`,
    'gi',
  );

/** Who the nodes are, so that their samples can do without it. */
export interface Known {
  readonly identities: readonly (string | null)[];
  /** Where they were reached. */
  readonly hosts: readonly string[];
}

/** Takes out of a text what its samples can do without: secrets, the nodes' own identities, where they were reached. */
export const maskFor = ({ identities, hosts }: Known): ((text: string) => string) => {
  const swaps = [
    ...identities.flatMap((id, index) =>
      id === null ? [] : [[literally(id), pseudonym(id, 3 * index)] as const],
    ),
    ...hosts.map((host, index) => [literally(host), `192.0.2.${11 + index}`] as const),
  ];
  return (text) =>
    swaps.reduce((masked, [from, to]) => masked.replaceAll(from, to), withoutTelling(redact(text)));
};

/** What a longer answer says cannot be looked through by a person. */
const LONGEST = 256 * 1024;

/** A sample of an answer, and whether it is still read as the answer was; null: it is too long for one, or was made to take long. */
export const sampleOf = (
  { of, with: values }: Reading,
  answer: string,
  reader: Pick<Reader, 'read'>,
  mask: (text: string) => string,
): { readonly sample: Sample; readonly same: (expect: Sample['expect']) => boolean } | null => {
  if (answer.length > LONGEST) return null;
  const plain = answer.replaceAll('\r\n', '\n');
  const output = inTime(plain, () => mask(plain));
  if (output === null) return null;
  const masked = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, mask(value)]));
  const expect = reader.read(output, { node: 'node', host: 'host', ...masked });
  return {
    sample: { of, with: masked, output, expect },
    // Of what was masked itself it is another.
    same: (before) => mask(JSON.stringify(before)) === JSON.stringify(expect),
  };
};
