import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { CARP_WORDS } from '../../../../src/foreign/record/forms/carp.js';
import { CHECK_POINT_WORDS } from '../../../../src/foreign/record/forms/check-point.js';
import { ASA_WORDS } from '../../../../src/foreign/record/forms/cisco-asa.js';
import { FORTIOS_WORDS } from '../../../../src/foreign/record/forms/fortios.js';
import { SRX_WORDS } from '../../../../src/foreign/record/forms/junos-srx.js';
import { PAN_OS_WORDS } from '../../../../src/foreign/record/forms/pan-os.js';

/* A word of a device is the same role in its log as in its answer. */
const FORMS = {
  'panos-cli': PAN_OS_WORDS,
  asa: ASA_WORDS,
  fortios: FORTIOS_WORDS,
  srx: SRX_WORDS,
  checkpoint: CHECK_POINT_WORDS,
  opnsense: CARP_WORDS,
};

test.each(Object.entries(FORMS))('%s', (driver, words) => {
  const file = join(import.meta.dirname, '../../../../drivers', `${driver}.yaml`);
  const { role } = parse(readFileSync(file, 'utf8')) as {
    role: { words: Record<string, string | { role: string }> };
  };
  const asked = new Map(
    Object.entries(role.words).map(([word, to]) => [
      word.toLowerCase(),
      typeof to === 'string' ? to : to.role,
    ]),
  );
  const both = Object.entries(words).filter(([word]) => asked.has(word.toLowerCase()));
  expect(both.length).toBeGreaterThan(1);
  expect(Object.fromEntries(both.map(([word, to]) => [word, to]))).toEqual(
    Object.fromEntries(both.map(([word]) => [word, asked.get(word.toLowerCase())])),
  );
});
