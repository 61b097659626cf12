import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { oneLine, plainLines } from '../../src/model/outside.js';
import { wordOfCell } from '../../src/model/tables.js';
import { csvWord } from '../../src/report/text/csv.js';
import { forgetSecrets, LEAST_SECRET, redact, registerSecret } from '../../src/model/secret.js';

afterEach(forgetSecrets);

const inShell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
const inXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const octets = (text: string): string[] => Buffer.from(text).toString('hex').match(/../g) ?? [];
const percent = (text: string): string =>
  octets(text)
    .map((octet) => `%${octet.toUpperCase()}`)
    .join('');

/** The secret as somebody may write it. */
const WRITTEN: Readonly<Record<string, (secret: string) => string>> = {
  'as it is': (secret) => secret,
  'in JSON': (secret) => JSON.stringify(secret).slice(1, -1),
  'in JSON in JSON': (secret) => JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
  'in a URL': encodeURIComponent,
  'in a URL in a URL': (secret) => encodeURIComponent(encodeURIComponent(secret)),
  'in a URL, every sign encoded': percent,
  'in a form': (secret) => new URLSearchParams({ '': secret }).toString().slice(1),
  'for a shell': inShell,
  'for a shell, for a shell': (secret) => inShell(inShell(secret)),
  'in XML': inXml,
  'in hexadecimal digits': (secret) => octets(secret).join(''),
  'in capital hexadecimal digits': (secret) => octets(secret).join('').toUpperCase(),
  'in a dump': (secret) => octets(secret).join(' '),
  'in a fingerprint': (secret) => octets(secret).join(':'),
  'in base64': (secret) => Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  'in base64 for URLs': (secret) => Buffer.from(secret).toString('base64url'),
};

/** Of every script; what has lone surrogates could not be sent. */
const secrets = fc.string({ unit: 'grapheme', minLength: LEAST_SECRET, maxLength: 60 });
const ascii = fc.string({ minLength: LEAST_SECRET, maxLength: 40 });
const beside = fc.string({ maxLength: 12 });

test.each(Object.entries(WRITTEN))('a secret is masked %s, whatever stands beside it', (_way, write) => {
  fc.assert(
    fc.property(fc.oneof(ascii, secrets), beside, beside, (secret, before, after) => {
      fc.pre(secret.trim().length >= LEAST_SECRET && !'***'.includes(secret));
      forgetSecrets();
      registerSecret(secret);
      const form = write(secret);
      const out = redact(`${before}${form}${after}`);
      expect(out).toContain('***');
      // What is left is what stood beside it, and perhaps quotes of a shell.
      expect(out.length).toBeLessThanOrEqual(
        before.length + after.length + form.length - form.trim().length + 15,
      );
    }),
    { numRuns: 50 },
  );
});

test('a secret of six characters and more is masked in other case', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 6, maxLength: 40 }), (secret) => {
      fc.pre(secret.trim().length >= 6);
      forgetSecrets();
      registerSecret(secret);
      expect(redact(`x${secret.toUpperCase()}x`)).toContain('***');
      expect(redact(`x${secret.toLowerCase()}x`)).toContain('***');
    }),
  );
});

test('a secret within a longer text in base64 is not to be decoded any more', () => {
  fc.assert(
    fc.property(beside, secrets, beside, (before, secret, after) => {
      fc.pre(secret.trim().length >= LEAST_SECRET);
      forgetSecrets();
      registerSecret(secret);
      for (const encoding of ['base64', 'base64url'] as const) {
        const text = redact(Buffer.from(`${before}:${secret}${after}`).toString(encoding));
        expect(text).toContain('***');
        const decoded = text.split('***').map((part) => Buffer.from(part, encoding).toString());
        expect(decoded.filter((part) => part.includes(secret))).toEqual([]);
      }
    }),
  );
});

test('no line of a secret of several lines is left, raw or in base64 of the whole', () => {
  const line = fc.string({
    unit: fc.constantFrom(...Array.from('ABCDEFghijkl0123456789+/=')),
    minLength: 16,
    maxLength: 64,
  });
  fc.assert(
    fc.property(fc.array(line, { minLength: 2, maxLength: 6 }), (lines) => {
      forgetSecrets();
      const key = `-----BEGIN PRIVATE KEY-----\n${lines.join('\n')}\n-----END PRIVATE KEY-----\n`;
      registerSecret(key);
      for (const shown of [...lines, key, key.replaceAll('\n', '\r\n'), JSON.stringify(key), lines.join(' ')])
        expect(lines.filter((each) => redact(shown).includes(each))).toEqual([]);
      expect(redact('-----BEGIN PRIVATE KEY-----')).toBe('-----BEGIN PRIVATE KEY-----');
      const wrapped = Buffer.from(key).toString('base64').replaceAll(/.{76}/g, '$&\n');
      const left = redact(wrapped)
        .split('***')
        .map((part) => part.replaceAll('\n', ''));
      expect(Math.max(...left.map((part) => part.length))).toBeLessThan(48);
    }),
    { numRuns: 25 },
  );
});

test('many secrets are masked as each of them alone', () => {
  fc.assert(
    fc.property(fc.array(secrets, { minLength: 1, maxLength: 8 }), fc.nat(), (all, which) => {
      const secret = all[which % all.length] ?? '';
      fc.pre(secret.trim().length >= LEAST_SECRET && !secret.includes('*'));
      forgetSecrets();
      for (const each of all) registerSecret(each);
      expect(redact(`a ${secret} b`)).not.toContain(secret);
    }),
  );
});

test('without secrets a text stays as it is', () => {
  fc.assert(fc.property(fc.string(), (text) => redact(text) === text));
  registerSecret('correct horse battery staple');
  fc.assert(fc.property(fc.string(), (text) => redact(text) === text));
  for (const figure of ['0.123456', '192.0.2.1:8443', '2026-11-21 19:52:06.347Z', 'SHA256:3q2+7w'])
    expect(redact(figure)).toBe(figure);
});

test('a word in a table is none that a spreadsheet calculates, and is read back as it was', () => {
  const word = fc.string({ unit: fc.constantFrom(...Array.from(`=+-@'\uff1d 1.eab"`)), maxLength: 8 });
  fc.assert(
    fc.property(word, (text) => {
      fc.pre(!/^'\s*[=+@\uff1d-]/.test(text));
      expect(csvWord(text)).not.toMatch(/^\s*(?:[=@\uff1d]|[+-](?![\d.e+-]*$))/);
      expect(wordOfCell(csvWord(text))).toBe(text);
    }),
    { numRuns: 1000 },
  );
});

test('whatever is said, what is shown has no control character and begins no order to a CI', () => {
  const signs = fc.constantFrom(
    ...Array.from(
      '\u001b\u0007\u009b\u0085\u007f\u0000\r\n\t \u00a0\u2028\u202e\u2066\u200f\u061c\ufeff\u{e0041}\u200b:#[a',
    ),
    '::',
    '##vso[',
    '##[',
    '::error::',
  );
  const words = fc.array(fc.oneof(signs, fc.string({ unit: 'binary', maxLength: 5 })), { maxLength: 30 });
  fc.assert(
    fc.property(words, (said) => {
      const text = said.join('');
      expect(oneLine(text)).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
      const lines = plainLines(text);
      expect(lines).not.toMatch(
        /[^\P{Cc}\n\r\t]|\r(?!\n)|[\u2028\u2029\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/u,
      );
      expect(lines).not.toMatch(/##(?:vso|teamcity)?\[/i);
      for (const line of lines.split('\n')) expect(line.trimStart()).not.toMatch(/^::[a-z-]*::/);
      expect(plainLines(lines)).toBe(lines);
    }),
    { numRuns: 500 },
  );
});
