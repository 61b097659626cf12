import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { caseOf, decodeCase, encodeCase, type Kind } from '../../fuzz/kind.js';
import { logs } from '../../fuzz/kinds/logs.js';
import { KINDS } from '../../fuzz/kinds.js';
import { expectPlain, expectSound, expectWords } from '../../fuzz/sound.js';
import { tryCase } from '../../fuzz/try-case.js';

const FOUND = join(import.meta.dirname, '../../fixtures/fuzz/found');

const opened: Kind[] = [];
afterAll(async () => {
  for (const kind of opened) await kind.close?.();
});

describe('what was found once is not found again', () => {
  const found = readdirSync(FOUND, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.parentPath.slice(FOUND.length + 1), entry.name] as const);
  test.each(found)('%s: %s', async (name, file) => {
    const kind = (await KINDS[name]?.()) as Kind;
    opened.push(kind);
    expect(await tryCase(kind, decodeCase(readFileSync(join(FOUND, name, file))))).toBeNull();
  });
});

describe('the fuzzer itself', () => {
  test('a case is the same whenever it is made, and after it was saved', async () => {
    const corpus = await logs.corpus();
    for (const number of [0, 1, 2, 50]) {
      const input = caseOf(corpus, 7, number);
      expect(caseOf(await logs.corpus(), 7, number)).toEqual(input);
      expect(decodeCase(encodeCase(input))).toEqual(input);
    }
    expect(caseOf(corpus, 8, 0)).not.toEqual(caseOf(corpus, 7, 0));
  });

  const broken: Kind = {
    name: 'broken',
    corpus: () => [],
    run: ({ body }) => {
      if (body.length === 1) throw new TypeError('one octet');
      return Promise.resolve();
    },
  };

  test('what is thrown is found', async () => {
    expect(await tryCase(broken, { head: '', body: Buffer.alloc(1) })).toContain('TypeError: one octet');
    expect(await tryCase(broken, { head: '', body: Buffer.alloc(2) })).toBeNull();
  });

  test.each([
    ['no number', { streams: [{ total_s: NaN }] }, '$.streams.0.total_s is NaN'],
    ['a negative length', { lo_s: -1 }, 'negative'],
    ['bounds out of order', { lo_s: 2, outage_s: 1, hi_s: 3 }, 'does not hold'],
    ['more lost than sent', { sent: 1, lost: 2, received: 0 }, 'sent 1, lost 2'],
  ])('figures: %s', (_name, value, message) => {
    expect(() => expectSound(value)).toThrow(message);
  });

  test('words: a stack, a value that is none, a control character, an order to a CI', () => {
    const none = Buffer.alloc(0);
    expect(() => expectWords('seqgap: this is a bug: x', 'it', none)).toThrow('a stack');
    expect(() => expectWords('down for NaN s', 'it', none)).toThrow('NaN in');
    expect(() => expectWords('target NaN', 'it', Buffer.from('64 bytes from NaN'))).not.toThrow();
    expect(() => expectPlain('a\u001b[2J', 'it')).toThrow('u001b');
    expect(() => expectPlain('a\n::error::b', 'it')).toThrow('::');
    expect(() => expectPlain('a\n\tb ::1\n', 'it')).not.toThrow();
  });
});
