import { PHASES, type Victim } from '../test/lab/killed-run.js';

/** One run that was killed, and whether all was well afterwards. */
export interface Kill {
  readonly place: 'exec' | 'lab';
  readonly victim: Victim;
  /** As the history says; null: before the first one. */
  readonly phase: string | null;
  /** What was not as it should be afterwards; null: nothing. */
  readonly wrong: string | null;
}

export interface Kills {
  readonly seeds: readonly number[];
  readonly kills: readonly Kill[];
}

const ROWS = [null, ...PHASES] as const;

/** Markdown: kills by phase, and how many of them ended well. */
export const killsTable = ({ kills }: Pick<Kills, 'kills'>): string => {
  const head = ['killed in', 'alone', 'with its watchdog', 'of them in a lab', 'ended well'];
  const rows = ROWS.map((phase) => {
    const here = kills.filter((kill) => kill.phase === phase);
    const count = (test: (kill: Kill) => boolean): string => String(here.filter(test).length);
    return [
      phase ?? 'before the first phase',
      count(({ victim }) => victim === 'run'),
      count(({ victim }) => victim === 'all'),
      count(({ place }) => place === 'lab'),
      `${count(({ wrong }) => wrong === null)} of ${here.length}`,
    ];
  });
  const total = (test: (kill: Kill) => boolean): string => String(kills.filter(test).length);
  rows.push([
    'all',
    total(({ victim }) => victim === 'run'),
    total(({ victim }) => victim === 'all'),
    total(({ place }) => place === 'lab'),
    `${total(({ wrong }) => wrong === null)} of ${kills.length}`,
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(['---', '---:', '---:', '---:', '---:']), ...rows.map(line), ''].join('\n');
};
