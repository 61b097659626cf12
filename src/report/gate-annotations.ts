import type { GateResult } from '../model/gate.js';
import { redactedJson } from '../model/json.js';
import type { Verdict } from '../model/record.js';
import { gateSentence, sayFound } from './gate-words.js';

/** Of one kind, GitHub shows no more for a step; the rest is in the log. */
const MOST_SHOWN = 10;

/** A workflow command ends with its line, and `%` begins an escape (actions/toolkit, command.ts). */
const data = (text: string): string =>
  text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');

/** Properties also end at a colon or a comma. */
const property = (text: string): string => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');

const COMMAND: Readonly<Record<Verdict, string>> = { fail: 'error', inconclusive: 'warning', pass: 'notice' };

const command = (verdict: Verdict, title: string, text: string): string =>
  `::${COMMAND[verdict]} title=${property(title)}::${data(text)}\n`;

/**
 * Annotations as GitHub's workflow commands, one a line: the verdict, then what failed (errors) and what could not be
 * decided (warnings). To be printed by the job's step.
 */
export const githubAnnotations = (result: GateResult): string => {
  const of = (verdict: Verdict): string[] =>
    result.checks
      .filter((check) => check.verdict === verdict)
      .slice(0, MOST_SHOWN - 1)
      .map((check) => command(verdict, check.name, sayFound(check, result)));
  const title = `seqgap gate: ${result.run.scenario} ${result.run.version}`;
  return [command(result.verdict, title, gateSentence(result)), ...of('fail'), ...of('inconclusive')].join(
    '',
  );
};

interface QualityIssue {
  readonly description: string;
  readonly check_name: string;
  /** GitLab tells by it whether an issue is new. */
  readonly fingerprint: string;
  readonly severity: 'info' | 'minor' | 'major' | 'critical' | 'blocker';
  readonly location: { readonly path: string; readonly lines: { readonly begin: number } };
}

/**
 * The same as GitLab's Code Quality report (a JSON list), each issue at the scenario's file. An empty list is a pass.
 *
 * @param file the scenario's, relative to the repository
 */
export const gitlabAnnotations = (result: GateResult, file: string): string => {
  const { run, checks } = result;
  const issues = checks
    .filter(({ verdict }) => verdict !== 'pass')
    .map((check): QualityIssue => ({
      description: `${check.name}: ${sayFound(check, result)}`,
      check_name: `seqgap-${check.of}`,
      fingerprint: `seqgap/${run.scenario}/${check.name}`,
      severity: check.verdict === 'fail' ? 'critical' : 'minor',
      location: { path: file.replace(/^\.\//, ''), lines: { begin: 1 } },
    }));
  return `${redactedJson(issues, 2)}\n`;
};
