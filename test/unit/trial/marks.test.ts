import { describe, expect, test } from 'vitest';
import { ns } from '../../../src/model/time.js';
import { Marks, type GivenMark } from '../../../src/trial/marks.js';

const clock = { monotonic: () => ns(1000e9), wall: () => 0 };
const mark = (at_s: number, text = 'off'): GivenMark => ({
  text,
  by: 'command',
  at: ns(at_s * 1e9),
  uncertainty_ns: null,
});

describe('a mark', () => {
  test('goes into the history that is being written, at its own instant', () => {
    const marks = new Marks(clock);
    const set: GivenMark[] = [];
    const end = marks.into((each) => void set.push(each));
    expect(marks.set(mark(999))).toBeNull();
    expect(set).toEqual([mark(999)]);
    end();
    expect(marks.set(mark(999))).toMatch(/no history is being written/);
    expect(set).toHaveLength(1);
  });

  test('the end of one history does not end the next', () => {
    const marks = new Marks(clock);
    const end = marks.into(() => undefined);
    marks.into(() => undefined);
    end();
    expect(marks.set(mark(1000))).toBeNull();
  });

  test('of another clock is refused', () => {
    const marks = new Marks(clock);
    marks.into(() => undefined);
    expect(marks.set(mark(1001))).toMatch(/another one/);
    expect(marks.set(mark(100))).toMatch(/another one/);
  });

  test('is one short line', () => {
    const marks = new Marks(clock);
    let text = '';
    marks.into((each) => (text = each.text));
    marks.set(mark(999, `two\nlines ${'x'.repeat(500)}`));
    expect(text).toMatch(/^two lines x+/);
    expect(text.length).toBeLessThanOrEqual(201);
  });
});
