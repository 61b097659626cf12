import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scratch } from '../store/scratch.js';
import { seqgap } from '../store/seqgap.js';

/** Trial 1 lost its first packet at 23:06:59.872 and was back 0.64 s later; fw-a was acted on. */
const RUN = 'results/example/lab-vrrp-timer/20261121T230652Z-advert-200ms';

const line = (stamp: string, said: string): string => `${stamp} fw-b Keepalived_vrrp[123]: (VI_1) ${said}\n`;
const MISSED = 'Receive advertisement timeout';
const ACTIVE = 'Entering MASTER STATE';
const at = (second: string): string => `2026-11-21T23:0${second}Z`;
const LOG = line(at('7:00.180'), MISSED) + line(at('7:00.400'), ACTIVE);

interface Outage {
  readonly links: readonly { readonly name: string; readonly ends: object | null }[];
  readonly not_known: readonly string[];
}
interface Document {
  readonly outages: readonly Outage[];
  readonly clocks: readonly {
    readonly clock: string;
    readonly state: string;
    readonly why: readonly string[];
  }[];
  readonly records: readonly { readonly notes: readonly string[]; readonly assumptions: readonly string[] }[];
  readonly not_known: readonly string[];
}

/** What is said of the first outage beside logs of fw-b with these texts. */
const explained = async (texts: readonly string[], ...more: readonly string[]) => {
  const folder = await scratch();
  const logs = await Promise.all(
    texts.map(async (text, index) => {
      const path = join(folder, `ha.log.${texts.length - index}`);
      await writeFile(path, text);
      return ['--log', `fw-b=${path}`];
    }),
  );
  const { code, stdout, stderr } = await seqgap(
    ...['explain', RUN, '--json', '--trial', '1'],
    ...logs.flat(),
    ...more,
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const document = JSON.parse(stdout) as Document;
  const [outage] = document.outages;
  return {
    links: outage!.links.filter(({ ends }) => ends !== null).map(({ name }) => name),
    missing: outage!.not_known.join('\n'),
    clocks: document.clocks,
    notes: document.records.flatMap(({ notes }) => notes).join('\n'),
    assumptions: document.records.flatMap(({ assumptions }) => assumptions).join('\n'),
    notKnown: document.not_known.join('\n'),
  };
};

const KNOWN = ['--clock', 'fw-b=0s±10ms'];

describe('a log', () => {
  test('that is whole divides the outage', async () => {
    const { links, notes } = await explained([LOG], ...KNOWN);
    expect(links).toEqual(['detection', 'promotion', 'data plane']);
    expect(notes).toContain('before the run ended');
  });

  test('of another day divides nothing, and that is said', async () => {
    const { links, notes } = await explained([LOG.replaceAll('-21T', '-14T')]);
    expect(links).not.toContain('promotion');
    expect(notes).toBe('its lines are of 2026-11-14, the run was on 2026-11-21');
  });

  test('in another zone that nobody names is not placed; with --zone it is', async () => {
    const local = line('2026-11-22 04:37:00.180', MISSED) + line('2026-11-22 04:37:00.400', ACTIVE);
    const { links, notKnown, assumptions } = await explained([local]);
    expect(links).not.toContain('promotion');
    expect(assumptions).toContain('times have no zone: taken as UTC');
    expect(notKnown).toContain('its stamps have no zone (--zone says which)');
    const zoned = await explained([local], '--zone', '+05:30', ...KNOWN);
    expect(zoned.links).toContain('promotion');
  });

  test('whose clock was set in the middle is placed on neither side by what holds for the other', async () => {
    const set = line(at('7:03.180'), MISSED) + line(at('6:59.900'), 'x') + line(at('7:00.400'), ACTIVE);
    const { notes, clocks } = await explained([set]);
    expect(notes).toContain('a clock was set, or two logs were put together');
    expect(clocks).toMatchObject([{ clock: 'fw-b', state: 'not-known' }]);
  });

  test('that was rotated is read as one, in whichever order its files are given', async () => {
    const [older, newer] = [line(at('7:00.180'), MISSED), line(at('7:00.400'), ACTIVE)];
    const whole = ['detection', 'promotion', 'data plane'];
    expect((await explained([older, newer], ...KNOWN)).links).toEqual(whole);
    expect((await explained([newer, older], ...KNOWN)).links).toEqual(whole);
  });

  test('of which only the newer file is given says what is not in it', async () => {
    const { links, missing, notes } = await explained([line(at('7:00.400'), ACTIVE)], ...KNOWN);
    expect(links).not.toContain('detection');
    expect(missing).toMatch(/begins 0\.5\d\d s after the first loss: what came before is not in it/);
    expect(notes).toContain('after the run began: whether more came before is not known');
  });

  test('that is cut off in the middle of a line tells nothing by what is left of it', async () => {
    const { links, missing } = await explained([LOG.slice(0, LOG.indexOf('MASTER'))], ...KNOWN);
    expect(links).not.toContain('promotion');
    expect(missing).toMatch(/ends 0\.\d+ s after the first loss: what came later is not in it/);
  });
});
