import type { StopPlan, StopSource } from '../model/plan.js';
import type { Surroundings } from './login.js';
import { pathFrom } from '../yaml/reference.js';
import { commandOf, httpOf, readPlan } from './resolve-observe.js';
import type { WrittenStop } from './schema-stop.js';

const source = (written: WrittenStop, around: Surroundings): StopSource => {
  const { command, file, url, status, is } = written;
  if (command !== undefined) return { kind: 'command', command: commandOf(command) };
  if (file !== undefined) return { kind: 'file', path: pathFrom(around.file, file) };
  // All checks are done by then (stop-problems.ts).
  if (url === undefined) throw new Error('a stop condition without command, url and file');
  const http = httpOf(written, url, around);
  return status === undefined
    ? { kind: 'read', url, http, read: readPlan(written), is: is ?? null }
    : { kind: 'status', url, http, status };
};

const wordsOf = ({ command, file, url }: WrittenStop): string =>
  file ?? url ?? (typeof command === 'string' ? command : (command ?? []).join(' '));

const stopPlan = (written: WrittenStop, around: Surroundings): StopPlan => ({
  name: written.name ?? wordsOf(written),
  every_ns: written.every,
  timeout_ns: written.timeout,
  onError: written['on-error'],
  source: source(written, around),
});

export const stopPlans = (
  written: WrittenStop | readonly WrittenStop[] | undefined,
  around: Surroundings,
): StopPlan[] => [written ?? []].flat().map((each) => stopPlan(each, around));
