import { expect, it } from 'vitest';
import { decodeCauses, encodeCauses } from '../../../src/analysis/causes.js';
import type { Outcome } from '../../../src/model/probe.js';
import { altered, analyse, issued, probe, probesOf, scenarioOf } from './fixture.js';

const CAUSE: Partial<Record<Outcome, string>> = {
  unresolved: 'EHOSTUNREACH',
  unreachable: 'admin-prohibited',
  'local-blocked': 'ENOBUFS',
};

it('every outcome is counted apart, with its cause', () => {
  const rows = altered(
    probesOf('.....xnnnuulbb.r.s......---....'),
    () => true,
    ({ outcome }) => ({ cause: CAUSE[outcome] ?? null }),
  );
  rows.push(probe({ seq: 1, outcome: 'duplicate', sent: 100, received: 130 }));
  const [row] = analyse(scenarioOf({}), [issued(450)], rows).streams;
  expect(row).toMatchObject({
    sent: 26,
    received: 20,
    lost: 6,
    unresolved: 3,
    unreachable: 2,
    late: 1,
    refused: 1,
    duplicate: 1,
    unsent: 3,
    local_blocked: 2,
    holes: 2,
    longest_hole_s: 0.4,
    causes: 'EHOSTUNREACH:3;ENOBUFS:2;admin-prohibited:2',
  });
});

it('a stream without any says so', () => {
  const [row] = analyse(scenarioOf({}), [issued(450)], probesOf('.....xx....')).streams;
  expect(row).toMatchObject({ unresolved: 0, refused: 0, holes: 0, longest_hole_s: null, causes: null });
});

it('causes read back as what was written', () => {
  const causes = new Map([
    ['EHOSTUNREACH', 12],
    ['host-unreachable', 3],
  ]);
  expect(decodeCauses(encodeCauses(causes))).toEqual(causes);
  expect(decodeCauses(encodeCauses(new Map()))).toEqual(new Map());
});
