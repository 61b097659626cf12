import { describe, expect, test } from 'vitest';
import type { GateResult, OwnCheck } from '../../../src/model/gate.js';
import { githubAnnotations, gitlabAnnotations } from '../../../src/report/gate/gate-annotations.js';
import { about, judge, nightOf, nights } from '../gate/nights.js';

const passed = judge(nightOf({ day: 20, outages: about(1) }), nights(10));
const check = (name: string, text: string, verdict: OwnCheck['verdict']): OwnCheck => ({
  of: 'limit',
  name,
  text,
  verdict,
});
const withChecks = (...checks: OwnCheck[]): GateResult => ({
  ...passed,
  verdict: checks.some(({ verdict }) => verdict === 'fail') ? 'fail' : 'inconclusive',
  checks,
});

describe("GitHub's workflow commands", () => {
  test('a pass is a notice', () => {
    expect(githubAnnotations(passed)).toMatch(
      /^::notice title=seqgap gate%3A pair%2C version 9\.0::ping down 1\.02 → 1\.02 s\. Worst: trial 4 \(1\.03 s\)\. All trials ok, and .*\n$/,
    );
  });

  test('what would end a command or a property is escaped', () => {
    const text = githubAnnotations(withChecks(check('a: b, c', '50 %\r\n::error::mine, yours: x', 'fail')));
    expect(text.split('\n')).toEqual([
      '::error title=seqgap gate%3A pair%2C version 9.0::Failed: a: b, c: 50 %25%0D%0A::error::mine, yours: x. ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s).',
      '::error title=a%3A b%2C c::50 %25%0D%0A::error::mine, yours: x',
      '',
    ]);
  });

  test('what could not be decided is a warning', () => {
    expect(githubAnnotations(withChecks(check('ping.longest', 'no valid trial', 'inconclusive')))).toBe(
      '::warning title=seqgap gate%3A pair%2C version 9.0::Not decided: ping.longest: no valid trial. ping down 1.02 → 1.02 s. Worst: trial 4 (1.03 s).\n' +
        '::warning title=ping.longest::no valid trial\n',
    );
  });

  test('no more than ten of a kind, the verdict first', () => {
    const many = Array.from({ length: 30 }, (_, index) => check(`limit-${index}`, 'x', 'fail'));
    const lines = githubAnnotations(withChecks(...many))
      .trimEnd()
      .split('\n');
    expect(lines).toHaveLength(10);
    expect(lines[0]).toContain('and 29 more');
  });
});

describe("GitLab's Code Quality report", () => {
  test('has an issue for each check that is no pass, at the scenario', () => {
    const result = withChecks(
      check('echo.survived', 'fine', 'pass'),
      check('ping.longest', 'too long', 'fail'),
      check('trials', 'void', 'inconclusive'),
    );
    expect(JSON.parse(gitlabAnnotations(result, './scenarios/fw.yaml'))).toEqual([
      {
        description: 'ping.longest: too long',
        check_name: 'seqgap-limit',
        fingerprint: 'seqgap/pair/ping.longest',
        severity: 'critical',
        location: { path: 'scenarios/fw.yaml', lines: { begin: 1 } },
      },
      {
        description: 'trials: void',
        check_name: 'seqgap-limit',
        fingerprint: 'seqgap/pair/trials',
        severity: 'minor',
        location: { path: 'scenarios/fw.yaml', lines: { begin: 1 } },
      },
    ]);
  });

  test('of a pass is empty', () => {
    expect(gitlabAnnotations(passed, 'fw.yaml')).toBe('[]\n');
  });
});
