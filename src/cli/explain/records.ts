import { existsSync } from 'node:fs';
import { isIP } from 'node:net';
import { basename, join } from 'node:path';
import { readRecord } from '../../foreign/record/read-record.js';
import { readWire } from '../../foreign/wire/wire-record.js';
import { KnownError, usage } from '../../model/error.js';
import type { BroughtRecord, EvidenceRecord, RecordContext } from '../../model/evidence.js';
import type { NodePlan } from '../../model/plan.js';
import { addressesOf } from '../../observe/capture-filter.js';
import { CAPTURES_FOLDER, captureName, HISTORY_FOLDER, historyName } from '../../store/names.js';
import type { StoredRun } from '../../store/stored-run.js';
import { ownedFile } from './words.js';

/** Files that the user brings to a run. */
export interface Brought {
  readonly log: readonly string[];
  readonly activity: readonly string[];
  readonly pcap: readonly string[];
  readonly zone_min: number | null;
}

const hostsOf = ({ ssh, http }: NodePlan): string[] => {
  const web = http === null ? [] : [new URL(http.url).hostname.replaceAll(/[[\]]/g, '')];
  return [...(ssh === null ? [] : [ssh.host]), ...web].filter((host) => isIP(host) !== 0);
};

/** A run that was killed did not write when it ended. */
const LONGEST_MS = 86_400_000;

const contextOf = ({ record }: StoredRun, zone_min: number | null): Omit<RecordContext, 'owner'> => {
  const lo_ms = Date.parse(record.started_utc);
  const hi_ms = record.ended_utc === null ? lo_ms + LONGEST_MS : Date.parse(record.ended_utc);
  const nodes = record.scenario.nodes.map((node) => ({ name: node.name, addresses: hostsOf(node) }));
  return { near: { lo_ms, hi_ms }, zone_min, nodes };
};

const ownerOf = (given: string, nodes: RecordContext['nodes']): ReturnType<typeof ownedFile> => {
  const owned = ownedFile(given, existsSync);
  const names = nodes.map(({ name }) => name);
  if (owned.owner !== null && names.length > 0 && !names.includes(owned.owner))
    throw usage(`${owned.owner} in ${given} is no node of this run`, `its nodes: ${names.join(', ')}`);
  return owned;
};

/** Reads what was brought, one file after the other. Throws KnownError for one that cannot be read. */
export const readBrought = async (stored: StoredRun, brought: Brought): Promise<readonly BroughtRecord[]> => {
  const context = contextOf(stored, brought.zone_min);
  const read: BroughtRecord[] = [];
  for (const given of [...brought.log, ...brought.activity]) {
    const { owner, file } = ownerOf(given, context.nodes);
    read.push({ file, record: await readRecord(file, { ...context, owner }) });
  }
  const watch = addressesOf(stored.record.scenario);
  const captures = brought.pcap.map((given) => ownerOf(given, context.nodes));
  for (const { owner, file } of captures) {
    // A capture's clock goes by its file's name: two of one name are still two clocks.
    const isAlone = captures.filter((each) => basename(each.file) === basename(file)).length === 1;
    const clock = owner ?? (isAlone ? null : file);
    read.push({ file, record: await readWire(file, { ...context, owner: clock, watch }) });
  }
  return read;
};

/** A capture of the run's own, and whose clock stamped it. */
export interface OwnCapture {
  readonly trial: number;
  readonly clock: string;
  readonly vantage: string;
}

/** What the run kept itself: captures, and what its nodes wrote down. */
export interface Kept {
  readonly records: readonly BroughtRecord[];
  readonly captures: readonly OwnCapture[];
  /** What could not be read, with why: nobody asked for it. */
  readonly unread: readonly string[];
}

/** By names within the run: it says the same from wherever it is read. */
const within = (record: EvidenceRecord, file: string): EvidenceRecord => ({
  ...record,
  evidence: record.evidence.map((each) => ({ ...each, file })),
});

/** Reads what the run kept beside its raw history. */
export const readKept = async (stored: StoredRun, zone_min: number | null): Promise<Kept> => {
  const { observe, nodes } = stored.record.scenario;
  const context = contextOf(stored, zone_min);
  const watch = addressesOf(stored.record.scenario);
  const records: BroughtRecord[] = [];
  const captures: OwnCapture[] = [];
  const unread: string[] = [];
  const keep = async (name: string, read: (path: string) => Promise<EvidenceRecord>): Promise<boolean> => {
    const path = join(stored.path, name);
    if (!existsSync(path)) return false;
    try {
      records.push({ file: name, record: within(await read(path), name) });
      return true;
    } catch (error) {
      if (!(error instanceof KnownError)) throw error;
      unread.push(`left out: ${error.message.replaceAll(path, name)}`);
      return false;
    }
  };
  for (const trial of stored.trials()) {
    for (const { name, source } of observe) {
      if (source.kind !== 'capture') continue;
      const clock = captureName(trial, name);
      const owned = { ...context, owner: clock, watch };
      if (await keep(join(CAPTURES_FOLDER, clock), (path) => readWire(path, owned)))
        captures.push({ trial, clock, vantage: source.from });
    }
    for (const { name } of nodes)
      await keep(join(HISTORY_FOLDER, historyName(trial, name)), (path) =>
        readRecord(path, { ...context, owner: name }),
      );
  }
  return { records, captures, unread };
};
