import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  compareQueryOf,
  listAddress,
  listQueryOf,
  liveAddress,
  NOTHING_ASKED,
  ORDERS,
  runAddress,
  runPageAt,
  SORTS,
  VERDICT_WORDS,
} from '../../../src/report/site/address.js';

const word = fc.string({ maxLength: 100 }).map((text) => text.trim());

describe('the addresses of the site', () => {
  test('say of a list what is asked, and nothing else', () => {
    const query = fc.record({
      ...{ scenario: word, version: word, label: word, text: word, since: word, until: word, base: word },
      verdict: fc.constantFrom('' as const, ...VERDICT_WORDS),
      sort: fc.constantFrom(...SORTS),
      order: fc.constantFrom(...ORDERS),
      page: fc.integer({ min: 1, max: 9_999_999 }),
    });
    fc.assert(
      fc.property(query, (asked) => {
        const { searchParams, pathname } = new URL(listAddress(asked), 'http://localhost');
        expect(pathname).toBe('/');
        expect(listQueryOf(searchParams)).toEqual(asked);
      }),
    );
    expect(listAddress(NOTHING_ASKED)).toBe('/');
    expect(listAddress(NOTHING_ASKED, { page: 2 })).toBe('/?page=2');
  });

  test('lead back to every run, whatever its name', () => {
    // A browser takes a part that is a dot, or two, for a step: no folder is called so.
    const part = fc
      .string({ minLength: 1, unit: 'grapheme' })
      .filter((text) => !text.includes('/') && !/^(\.|%2e){1,2}$/i.test(text) && text.isWellFormed());
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 3 }), (parts) => {
        const name = parts.join('/');
        const at = (address: string) => runPageAt(new URL(address, 'http://localhost').pathname);
        expect(at(runAddress(name))).toEqual({ page: 'run', name });
        expect(at(liveAddress(name))).toEqual({ page: 'live', name });
      }),
    );
  });

  test('of a comparison name a base and candidates', () => {
    const asked = new URLSearchParams('base=a&candidate=b&candidate=&candidate=version%3D9.0');
    expect(compareQueryOf(asked)).toMatchObject({ base: 'a', candidates: ['b', 'version=9.0'] });
    expect(() => compareQueryOf(new URLSearchParams('candidate=b'))).toThrow('needs a base');
  });
});
