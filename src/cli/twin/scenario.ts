import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';
import type { LabPlan } from '../../model/lab-plan.js';
import type { SaidKnob } from '../../report/twin/twin-report.js';
import { labScenario } from '../init/lab-scenario.js';

/** From this on a scenario probes seldom enough for minutes of outage. */
const SLOW_S = 20;
/** The lab waits this many times the longest outage that was measured. */
const PATIENCE = 4;
const LEAST_GIVE_UP_S = 60;

/** The ready scenario whose probes, observers and phases the twin has. */
const templateOf = (plan: LabPlan, longest_s: number): string => {
  switch (plan.design) {
    case 'vrrp':
      return 'vrrp-crash';
    case 'cloud-ip':
      return longest_s > SLOW_S ? 'cloud-ip-slow' : 'cloud-ip-quick';
    case 'dns':
      return 'dns-standby';
    case 'lb':
      return plan.existing === 'stick' ? 'lb-two-active' : 'lb-rebalance';
  }
};

/** One version of a twin. */
export interface TwinVersion {
  readonly plan: LabPlan;
  readonly version: string;
  readonly knobs: readonly SaidKnob[];
}

export interface TwinText {
  /** Of the run that it is the twin of. */
  readonly scenario: string;
  readonly run: string;
  readonly longest_s: number;
  readonly trials: number;
  /** Where it will be, as a person would type it. */
  readonly file: string;
}

/** A name that every scenario may have: letters, digits and dashes. */
export const twinName = ({ scenario }: Pick<TwinText, 'scenario'>): string => `twin-of-${scenario}`;

/** Beside its value: what the knob rests on. */
const about = ({ basis, from, maybe }: SaidKnob): string => {
  const more = maybe === '' ? '' : ` (${maybe})`;
  switch (basis) {
    case 'stated':
      return 'stated';
    case 'fitted':
      return `fitted to ${from}${more}`;
    case 'guessed':
      return `a guess from ${from}${more}`;
    case 'untold':
      return `${from}${more}`;
    case 'free':
      return from;
  }
};

const MOST_TRIALS = 10;
const LEAST_TRIALS = 4;

/** A ready scenario of the lab with the twin's knobs, each with its source, as a file. */
export const twinText = async (
  { plan, version, knobs }: TwinVersion,
  { scenario, run, longest_s, trials, file }: TwinText,
): Promise<string> => {
  const template = await labScenario(templateOf(plan, longest_s), { file, schema: null });
  // Every scalar is text: `missed: 3` is not to become "3".
  const document = parseDocument(template, { schema: 'failsafe' });
  document.commentBefore = [
    ` A twin of ${run} (${scenario}): a lab whose delays were fitted to what was measured.`,
    ' Made by "seqgap twin"; change what you like. Below "lab:" each knob says what it rests on.',
    ' ',
    ` seqgap check ${file}   says this plan in words, touches nothing`,
    ` seqgap run ${file}     builds the lab and measures it`,
  ].join('\n');
  const root = document.contents;
  if (!isMap(root)) throw new Error(`scenarios/lab/${templateOf(plan, longest_s)}.yaml is no mapping`);
  root.commentBefore = null;
  // Notes on keys that are replaced would tell of the ready scenario.
  for (const { key } of root.items)
    if (isScalar(key) && ['name', 'description', 'labels', 'lab', 'limits'].includes(String(key.value)))
      key.commentBefore = null;
  document.set('name', twinName({ scenario }));
  document.set('description', `a twin of ${scenario}: the active node loses power`);
  document.set('labels', document.createNode({ design: plan.design, twin: 'lab' }, { flow: true }));
  const lab = document.createNode({
    design: plan.design,
    ...Object.fromEntries(knobs.map(({ name, words }) => [name, words])),
  }) as YAMLMap;
  for (const knob of knobs) {
    const value = lab.get(knob.name, true);
    if (isScalar(value)) value.comment = ` ${about(knob)}`;
  }
  document.set('lab', lab);
  document.setIn(['trial', 'repeat'], String(Math.min(MOST_TRIALS, Math.max(LEAST_TRIALS, trials))));
  document.setIn(['trial', 'give-up'], `${Math.max(LEAST_GIVE_UP_S, Math.ceil(PATIENCE * longest_s))}s`);
  document.delete('limits');
  // Versions of a twin differ in their labs alone: it stands above them.
  document.delete('version');
  root.items.splice(
    root.items.findIndex(({ key }) => isScalar(key) && key.value === 'lab'),
    0,
    document.createPair('version', version),
  );
  return document.toString({ lineWidth: 0 });
};
