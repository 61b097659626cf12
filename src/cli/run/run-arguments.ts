import { usage } from '../../model/error.js';

export interface RunArguments {
  scenario: string[];
  repeat: number | undefined;
  version: string | undefined;
  label: string[];
  out: string;
  interleave: boolean;
  'dry-run': boolean;
  yes: boolean;
  json: boolean;
  drivers: string[];
  witness: boolean;
  /** Started by a campaign, which gives the turns. */
  turns: boolean;
}

/** `--label design=vrrp` */
export const labelsOf = (pairs: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw usage(`--label ${pair}: a label is KEY=VALUE`, 'for example --label site=lab1');
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );

/** The same run of one scenario, to be started again inside its lab. */
export const innerArguments = (file: string, args: RunArguments): string[] => [
  'run',
  file,
  ...(args.repeat === undefined ? [] : ['--repeat', String(args.repeat)]),
  ...(args.version === undefined ? [] : ['--version', args.version]),
  ...args.label.flatMap((label) => ['--label', label]),
  ...args.drivers.flatMap((folder) => ['--drivers', folder]),
  '--out',
  args.out,
  ...(args.json ? ['--json'] : []),
  ...(args.witness ? ['--witness'] : []),
  ...(args.turns ? ['--turns'] : []),
];
