import { describe, expect, test } from 'vitest';
import { parseWhen } from '../../../src/history/run-filter.js';

const NOW = Date.UTC(2026, 5, 15, 12);
const utc = (text: string, option: '--since' | '--until' = '--since'): string =>
  new Date(parseWhen(option, text, NOW)).toISOString();

describe('--since and --until', () => {
  test.each([
    ['2026-01-31', '2026-01-31T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-01-31T22:15:00Z', '2026-01-31T22:15:00.000Z'],
    ['2026-01-31T22:15:00.250+02:00', '2026-01-31T20:15:00.250Z'],
    ['2026-01-31 22:15Z', '2026-01-31T22:15:00.000Z'],
    ['7d', '2026-06-08T12:00:00.000Z'],
    ['36h', '2026-06-14T00:00:00.000Z'],
    ['90m', '2026-06-15T10:30:00.000Z'],
    ['2w', '2026-06-01T12:00:00.000Z'],
    ['1.5d', '2026-06-14T00:00:00.000Z'],
  ])('%s', (text, expected) => expect(utc(text)).toBe(expected));

  test('a day as the end is part of the span', () => {
    expect(utc('2026-01-31', '--until')).toBe('2026-01-31T23:59:59.999Z');
    expect(utc('2026-01-31T00:00:00Z', '--until')).toBe('2026-01-31T00:00:00.000Z');
  });

  test.each(['2026-02-30', '2025-02-29', '2026-13-01', '2026-01-31T25:00:00Z', '2026-02-30T10:00:00Z'])(
    '%s: there is no such time',
    (text) => expect(() => utc(text)).toThrow(`--since ${text}: there is no such time`),
  );

  test.each(['', 'yesterday', '7', '7 d', '-7d', '31.01.2026', '2026-1-31', '2026-01-31T22:15:00', '5y'])(
    '%j is neither a day, nor an instant, nor an age',
    (text) => {
      expect(() => utc(text)).toThrow(/neither a day, nor an instant with its zone, nor an age$/);
      expect(() => utc(text)).toThrow(expect.objectContaining({ exitCode: 64 }));
    },
  );
});
