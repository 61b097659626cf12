import { expect, it } from 'vitest';
import { summarise } from '../../../src/analysis/stream-summary.js';
import { failover, moved } from './fixture.js';

it('a trial that lost nothing because nothing was triggered is no trial that did not recover', () => {
  const [measured] = failover('.....xxxx..........', 450, moved(1000)).streams;
  const none = { longest_lo_s: null, longest_s: null, longest_hi_s: null };
  const rows = [measured!, { ...measured!, ...none, trial: 2, status: 'unaffected' as const }];
  expect(summarise(rows)[0]).toMatchObject({ n: 1, excluded: 1, notRecovered: 0, max_s: 0.4 });
  const gone = { ...measured!, ...none, longest_lo_s: 1, trial: 2, status: 'not-recovered' as const };
  expect(summarise([measured!, gone])[0]).toMatchObject({ n: 2, notRecovered: 1, max_s: null });
});
