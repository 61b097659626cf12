import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { missingPackages } from '../../../src/lab/enter.js';

test('missingPackages names every package of which a tool is in none of the folders', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tools-'));
  const all = missingPackages([folder]);
  expect(all).toEqual(expect.arrayContaining(['keepalived', 'conntrackd', 'nftables', 'procps']));
  for (const tool of ['keepalived', 'pgrep']) writeFileSync(join(folder, tool), '', { mode: 0o755 });
  writeFileSync(join(folder, 'nft'), 'not executable', { mode: 0o644 });
  const missing = missingPackages([folder]);
  expect(missing).not.toContain('keepalived');
  // One of its two tools is not enough; nor is a file that cannot be run.
  expect(missing).toEqual(expect.arrayContaining(['procps', 'nftables']));
  expect(missing).not.toContain('udhcpc');
  expect(missingPackages([folder], 'lease')).toEqual(['udhcpc']);
  rmSync(folder, { recursive: true });
});
