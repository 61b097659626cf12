import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResultDocument } from '../../../src/model/tables.js';
import { makeCertificates, type Certificates } from '../trigger/api.js';
import { apis } from './apis.js';
import { startFarEnd } from './far-end.js';
import { TestPair } from './pair.js';
import { runTrial } from './run.js';
import { shells } from './shells.js';
import type { TestNode } from './vendor.js';

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});
afterAll(() => certificates.remove());

const vendors = [...shells, ...apis(() => certificates)];
const count = ({ sent }: TestNode, pattern: RegExp): number =>
  sent().filter((line) => pattern.test(line)).length;

/**
 * A failover lasts until so many probes were lost. One of a fixed length may fall into a stall of the prober on a busy
 * host, which voids the trial, rightly.
 */
const LOST = 6;

describe('a whole trial by `seqgap run`', { concurrent: true }, () => {
  test.each(vendors.map((vendor) => [vendor.name, vendor] as const))('%s', async (_, vendor) => {
    const far = await startFarEnd();
    const pair = new TestPair(() => far.lose(LOST));
    const nodes = await vendor.start(pair);
    try {
      const { code, stdout, stderr, events } = await runTrial(vendor.name, nodes, far.port);
      expect(code === 0 ? '' : `${stdout}${stderr}`).toBe('');
      const { trials } = JSON.parse(stdout) as ResultDocument;
      // The active unit was found, and its peer took over.
      expect(trials).toMatchObject([{ status: 'ok', node: 'fw-a', action: 'switchover' }]);
      expect(events).toMatch(/"trigger-confirmed"/);
      expect(events).toMatch(/"observed".*"fw-b".*"active"|"fw-b".*"active".*"observed"/);
      // Everything was sent once, to the right unit, and taken back.
      const { action, undo } = vendor;
      const toggle = action.source === undo?.source;
      expect(count(nodes[0], action)).toBe(toggle ? 2 : 1);
      if (undo !== null) expect(count(nodes[0], undo)).toBe(toggle ? 2 : 1);
      expect(count(nodes[1], action)).toBe(0);
      expect(pair).toMatchObject({ active: 1, held: [false, false] });
    } finally {
      await Promise.all([far.stop(), ...nodes.map((node) => node.stop())]);
    }
  });
});
