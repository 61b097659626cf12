import { describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/model/error.js';
import type { LabDesign } from '../../../src/model/lab-plan.js';
import { labOfKnobs } from '../../../src/scenario/lab.js';

type Knobs = Readonly<Record<string, string>>;

const refusal = (design: LabDesign, knobs: Knobs): string | null => {
  try {
    labOfKnobs(design, knobs);
    return null;
  } catch (error) {
    return messageOf(error);
  }
};

describe('a crashed node that is back before it can be missed', () => {
  test.each<[LabDesign, Knobs, string, string]>([
    // fw-a is back and waits 3 + 106/256 adverts; fw-b has waited since the last one, up to an advert earlier, 3 + 156/256.
    ['vrrp', { advert: '1s' }, '195ms', '195.3125ms'],
    ['vrrp', { advert: '40s' }, '7.8s', '7.8125s'],
    // Silent for so many heartbeats, and looked at once per heartbeat.
    ['cloud-ip', { heartbeat: '150ms', missed: '5' }, '300ms', '900ms'],
    ['cloud-ip', { heartbeat: '2s', missed: '3' }, '7.999s', '8s'],
    ['lb', { probe: '200ms', threshold: '2' }, '500ms', '600ms'],
    ['lb', { probe: '2s', threshold: '1' }, '3.9s', '4s'],
  ])('%s %o: not after %s, but after %s', (design, knobs, back, missed) => {
    const words = refusal(design, { ...knobs, boot: back });
    expect(words).toContain(
      `a crashed node is back after ${back}, before it is missed (after up to ${missed}:`,
    );
    expect(words).toContain(`give it at least ${missed}`);
    expect(refusal(design, { ...knobs, boot: missed })).toBeNull();
  });

  test('is refused by the boot time that was not written, too', () => {
    expect(refusal('lb', { probe: '2s' })).toContain('back after 4s, before it is missed (after up to 6s');
  });

  test('does not exist in the lab dns: whoever is back does not serve', () => {
    expect(refusal('dns', { monitor: '10s', missed: '10', boot: '1ms' })).toBeNull();
  });
});
