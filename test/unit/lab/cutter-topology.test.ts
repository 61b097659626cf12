import { describe, expect, test } from 'vitest';
import {
  cutRules,
  forgetServer,
  cutterCables,
  cutterLines,
  cutterRules,
  hostLines,
  mendRules,
  OUTAGE_KINDS,
  tellServer,
} from '../../../src/lab/cutter/topology.js';

const macsIn = (lines: readonly string[]): Set<string> =>
  new Set(lines.join('\n').match(/[0-9a-f]{2}(:[0-9a-f]{2}){5}/g));

describe('the cutter', () => {
  test('knows its neighbours and is known by the MAC addresses of the cables', () => {
    const cables = macsIn(cutterCables());
    expect(cables.size).toBe(4);
    expect(macsIn([...cutterLines(), ...hostLines('client'), ...hostLines('server')])).toEqual(cables);
  });

  test('tells the server’s entries exactly as they were at the start, in both families', () => {
    expect(tellServer()).toHaveLength(2);
    for (const line of tellServer()) expect(cutterLines()).toContain(line);
    expect(forgetServer()).toEqual(['neigh del 10.4.4.4 dev untrust', 'neigh del fd00:4:4::4 dev untrust']);
  });

  test('has every chain that an outage is made in, empty, and mends both', () => {
    for (const [kind, rules] of Object.entries(cutRules)) {
      expect(OUTAGE_KINDS).toContain(kind);
      for (const rule of rules.split('; ')) {
        const chain = /^add rule inet cutter (\w+) /.exec(rule)?.[1] as string;
        expect(cutterRules).toContain(`chain ${chain} {\n    }`);
        expect(mendRules).toContain(`flush chain inet cutter ${chain}`);
      }
    }
  });

  test('cuts one direction, or both in one transaction', () => {
    expect(cutRules['drop-forward']).toBe('add rule inet cutter cut_forward drop');
    expect(cutRules['drop-reverse']).toBe('add rule inet cutter cut_reverse drop');
    expect(cutRules.drop).toBe(`${cutRules['drop-forward']}; ${cutRules['drop-reverse']}`);
    expect(cutRules.reject).toContain('admin-prohibited');
  });
});
