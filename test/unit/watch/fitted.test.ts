import { expect, test } from 'vitest';
import { fitted } from '../../../src/cli/watch/screen.js';
import { textWidth } from '../../../src/report/text/table.js';

const LINE =
  '08:11:23.618  10.4.4.4:443  ✓ down for 3.40 s  [3.29 … 3.51]  back 08:11:27.018, 34 lost, first probe 123';

test('a line is broken between words where the terminal ends, and goes on below its words', () => {
  expect(fitted(LINE, { columns: 80 })).toBe(
    [
      '08:11:23.618  10.4.4.4:443  ✓ down for 3.40 s  [3.29 … 3.51]  back 08:11:27.018,',
      '              34 lost, first probe 123',
    ].join('\n'),
  );
  for (const columns of [20, 33, 60, 79])
    for (const line of fitted(LINE, { columns }).split('\n'))
      expect(textWidth(line)).toBeLessThanOrEqual(columns);
});

test('a line that fits, or is not on a terminal, is left as it is', () => {
  expect(fitted(LINE, { columns: 120 })).toBe(LINE);
  expect(fitted(LINE, { columns: undefined })).toBe(LINE);
});
