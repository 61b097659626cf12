import { describe, expect, test } from 'vitest';
import { ns } from '../../../src/model/time.js';
import { loadDrivers } from '../../../src/trigger/driver/driver-file.js';
import { slowPatterns } from '../../../src/trigger/driver/pattern-check.js';
import type { Driver } from '../../../src/trigger/driver/schema.js';
import { pathText } from '../../../src/yaml/problem.js';
import { checkSamples, checkWords } from '../../../src/trigger/ask/samples.js';

const drivers = await loadDrivers();

describe('the samples of every driver give what it says they give', () => {
  test.each([...drivers.values()].map((driver) => [driver.name, driver] as const))('%s', (_, driver) => {
    expect(checkSamples(driver)).toEqual([]);
  });
});

describe('no pattern of a driver stops inside a word, or is slow', () => {
  test.each([...drivers.values()].map((driver) => [driver.name, driver] as const))(
    '%s',
    async (_, driver) => {
      expect(checkWords(driver)).toEqual([]);
      expect(await slowPatterns(driver)).toEqual([]);
    },
  );
});

type Change = (holder: Record<string, unknown>, key: string) => void;

/** Matches nothing that a device says. */
const BROKEN = 'x{9}';
const breakIt: Change = (holder, key) => {
  holder[key] = BROKEN;
};
const remove: Change = (holder, key) => {
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else delete holder[key];
};

const PATTERNS = new Set(['regex', 'jmespath', 'off', 'matches', 'to', 'prompt', 'pager']);

const changeFor = (key: string, above: string | undefined): Change | null => {
  if (PATTERNS.has(key) || above === 'refused') return breakIt;
  return above === 'words' || above === 'good' || above === 'bad' ? remove : null;
};

const changed = (driver: Driver, path: readonly string[], change: Change): Driver => {
  const copy = structuredClone(driver);
  const holder = path
    .slice(0, -1)
    .reduce(
      (inner, key) => inner[key] as Record<string, unknown>,
      copy as unknown as Record<string, unknown>,
    );
  change(holder, path.at(-1) ?? '');
  return copy;
};

/** Every way to break one pattern, or to leave out one word or good value of a driver, with where it is. */
const mutants = (driver: Driver): [string, Driver][] => {
  const found: [string, Driver][] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, inner] of Object.entries(value)) {
      const here = [...path, key];
      if (here[0] === 'samples' || (here[0] === 'params' && here.length === 1)) continue;
      const change = changeFor(key, path.at(-1));
      if (change === null) walk(inner, here);
      else found.push([here.join('.'), changed(driver, here, change)]);
    }
  };
  walk(driver, []);
  return found;
};

/** Those that read with the broken part come first, since one that fails is enough. */
const notices = (where: string, mutant: Driver): boolean => {
  const parts = where.split('.');
  const concerned = ({ of }: Driver['samples'][number]): boolean =>
    of.split('.').every((part) => parts.includes(part));
  const samples = mutant.samples.toSorted((a, b) => Number(concerned(b)) - Number(concerned(a)));
  return samples.some((sample) =>
    checkSamples({ ...mutant, samples: [sample] }).some((failure) => failure.sample !== null),
  );
};

describe('breaking any one pattern, word or good value of a driver makes its samples fail', () => {
  test.each([...drivers.values()].map((driver) => [driver.name, driver] as const))('%s', (_, driver) => {
    const unnoticed = mutants(driver).filter(([where, mutant]) => !notices(where, mutant));
    expect(unnoticed.map(([where]) => where)).toEqual([]);
  });

  test('every kind of them is tried', () => {
    const { role } = drivers.get('keepalived')!;
    const done = { run: 'x', timeout: ns(1), extract: [{ regex: 'a', group: 1 }], good: ['a'], bad: ['b'] };
    const check = { about: 'x', ...done, bad: undefined, matches: 'c' };
    const driver = {
      refused: ['no'],
      role,
      leftover: [check],
      shell: { prompt: '>', pager: 'more', start: [] },
      actions: {
        reboot: {
          run: [{ send: 'reload', answers: [{ to: 'sure', say: 'y', enter: true }] }],
          undo: { done },
        },
      },
      samples: [],
    } as unknown as Driver;
    expect(mutants(driver).map(([where]) => where)).toEqual([
      'refused.0',
      'role.extract.0.jmespath',
      'role.extract.1.regex',
      'role.since.extract.0.jmespath',
      ...Object.keys(role?.words ?? {}).map((word) => `role.words.${word}`),
      'leftover.0.extract.0.regex',
      'leftover.0.good.0',
      'leftover.0.matches',
      'shell.prompt',
      'shell.pager',
      'actions.reboot.run.0.answers.0.to',
      'actions.reboot.undo.done.extract.0.regex',
      'actions.reboot.undo.done.good.0',
      'actions.reboot.undo.done.bad.0',
    ]);
  });
});

describe('checkSamples', () => {
  const keepalived = drivers.get('keepalived');
  if (keepalived?.role === undefined) throw new Error('keepalived has a role');

  test('fails when a pattern is broken', () => {
    const broken = { ...keepalived, role: { ...keepalived.role!, extract: [{ jmespath: '[].data.stat' }] } };
    expect(checkSamples(broken).map(({ of }) => of)).toContain('role');
  });

  test('fails when a word is mapped wrongly', () => {
    const words = { ...keepalived.role!.words, '2': { role: 'standby' as const, word: 'MASTER' } };
    const failures = checkSamples({ ...keepalived, role: { ...keepalived.role!, words } });
    expect(failures[0]).toMatchObject({ sample: 1, of: 'role' });
    expect(failures[0]?.problem).toContain('got {"role":"standby","raw":"MASTER"}');
  });

  test('names what has no sample, and samples of nothing', () => {
    const [first] = keepalived.samples;
    const failures = checkSamples({ ...keepalived, samples: [{ ...first!, of: 'rolle' }] });
    expect(failures.find(({ of }) => of === 'rolle')?.problem).toContain('there are role, role.since');
    expect(failures.find(({ of }) => of === 'leftover.0')).toMatchObject({
      sample: null,
      problem: 'has no sample',
    });
  });
});

/** A driver that has the one reader, with a sample of it. */
const reading = (part: object, of: string, output: string): Driver =>
  ({
    ...{ name: 'box', refused: [], ready: [], leftover: [], observers: {}, actions: {}, params: {} },
    samples: [{ of, output, with: {}, expect: { id: null } }],
    ...part,
  }) as unknown as Driver;

describe('checkWords refuses a pattern that stops inside a word', () => {
  const rules = (regex: string) => [{ regex, group: 1 }];
  test.each([
    ['the end of an identity', 'identity', { identity: { extract: rules('^Serial (\\w{6})') } }, 'ABC123'],
    ['a dash in one', 'identity', { identity: { extract: rules('^Serial (\\w+)') } }, 'ABC123'],
    ['the beginning of one', 'identity', { identity: { extract: rules('([0-9]{3})$') } }, '123'],
    ['a value', 'observers.x', { observers: { x: { extract: rules('^Serial (fw-[ab])') } } }, 'fw-a'],
    ['a number in a check', 'ready.0', { ready: [{ extract: rules('^Serial (\\d)'), good: ['1'] }] }, '1'],
    ['a time', 'clock', { clock: { extract: rules('Serial (\\d{10})') } }, '1700000000'],
  ])('%s', (_, of, part, word) => {
    const [failure, ...others] = checkWords(reading(part, of, `Serial ${word}`));
    expect(failure).toMatchObject({ driver: 'box', sample: 1, of });
    expect(failure?.problem).toMatch(
      /^a pattern stops inside a word: with ".*" in its place the same is read$/,
    );
    expect(others).toEqual([]);
  });

  test.each([
    [
      'an identity that is read whole',
      'identity',
      { identity: { extract: rules('^Serial (\\S+)') } },
      'ABC-123',
    ],
    [
      'a role, which is read whole in any case',
      'role',
      { role: { extract: rules('^Serial (ACT)'), words: {} } },
      'ACTIVE',
    ],
    [
      'a number without its unit',
      'ready.0',
      { ready: [{ extract: rules('^Serial (\\d+)'), good: ['1'] }] },
      '10s',
    ],
  ])('and not %s', (_, of, part, word) =>
    expect(checkWords(reading(part, of, `Serial ${word}`))).toEqual([]),
  );
});

describe('slowPatterns refuses a pattern that is quadratic or worse', () => {
  test.each([
    [
      'two repetitions beside each other',
      { ready: [{ extract: [{ regex: '^a[ \\t]*(.*)x$' }] }] },
      'ready[0].extract[0].regex',
    ],
    ['line ends passed over at the beginning', { refused: ['^\\s*Error'] }, 'refused[0]'],
    ['the whole of a word', { ready: [{ matches: 'a*a*b' }] }, 'ready[0].matches'],
  ])('%s', async (_, part, path) => {
    const [found, ...others] = await slowPatterns(reading(part, 'x', ''));
    expect(found?.message).toContain('grows as the square of the answer');
    expect(pathText(found?.path ?? [])).toBe(path);
    expect(others).toEqual([]);
  });

  test.each([
    ['spaces, and then what is none', { ready: [{ extract: [{ regex: '^a[ \\t]*(\\S.*)$' }] }] }],
    ['a prompt, which sees the last line alone', { shell: { prompt: '[\\w.-]+@[\\w.-]+>' } }],
  ])('and not %s', async (_, part) => expect(await slowPatterns(reading(part, 'x', ''))).toEqual([]));
});
