import { expect, test } from 'vitest';
import { main } from '../../../src/cli/main.js';

/** What a command line that is refused says, before anything is built. */
const refused = async (...options: string[]): Promise<string> => {
  const write = process.stderr.write.bind(process.stderr);
  let said = '';
  process.stderr.write = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  try {
    expect(await main(['calibrate', ...options])).toBe(64);
  } finally {
    process.stderr.write = write;
  }
  return said;
};

test.each([
  [['--lengths', '1'], '"1" has no unit'],
  [['--lengths', '5ms'], 'each must be between 10ms and 60s'],
  [['--every', '0.5ms'], 'each must be between 1ms and 1s'],
  [['--outages', '1.5'], '--outages 1.5 is no count'],
  [['--null', '25h'], '--null is longer than a day'],
  [
    ['--kinds', 'arp', '--lengths', '50ms,100ms'],
    'a queue of these lengths is released within the delay threshold',
  ],
  [['--kinds', 'reset'], 'kinds'],
  [['--kinds', 'slow'], '--kinds slow is one of --messy'],
  [['--messy', '--kinds', 'reject'], '--kinds reject is not one of --messy'],
  [['--keep', 'folder'], '--keep is of --messy'],
  [['--from', 'folder'], '--from is of --messy'],
  [['--messy', '--parallel', '0'], '--parallel 0: between 1 and 64'],
  [['--messy', '--every', '10ms', '--every', '20ms'], '--messy has one probe interval'],
  [['--messy', '--outages', '0'], '--outages 0 makes nothing'],
])('calibrate %s is refused in one line, with its remedy', async (options, line) => {
  const said = await refused(...options);
  expect(said).toContain(line);
  expect(said).toContain('\n  → ');
  expect(said).not.toContain('    at ');
});
