/** The names inside results/<scenario>/<run>/ (docs/results.md). */
export const RUN_FILE = 'run.json';
export const LATEST_LINK = 'latest';
export const PROBES_FILE = 'probes.csv';
export const HEARTBEATS_FILE = 'heartbeats.csv';
/** The undo of every change to the pair, of the whole run. */
export const UNDO_FILE = 'undo.jsonl';
/** Only there where the watchdog had to act. */
export const WATCHDOG_LOG = 'watchdog.log';
/** What a watch in the background says. */
export const WATCH_LOG = 'watch.log';
export const EVENTS_FILE = 'events.jsonl';
/** Packets that observers recorded, of all trials. */
export const CAPTURES_FOLDER = 'captures';
/** What stands behind the name of a compressed raw log, in runs of before there were columns. */
export const COMPRESSED = '.gz';

/** `probes.parquet` for `probes.csv`: the same rows by their columns, once the run is over. */
export const columnsName = (log: string): string => log.replace(/\.csv$/, '.parquet');

/** `trial-01`; trials count from 1. */
export const trialFolder = (trial: number): string => `trial-${String(trial).padStart(2, '0')}`;

/** `trial-01-wire.pcap`, in the folder of captures. */
export const captureName = (trial: number, observer: string): string =>
  `${trialFolder(trial)}-${observer}.pcap`;

/** The trial a folder name stands for; null if it is not a trial's. */
export const trialOf = (folder: string): number | null => {
  const match = /^trial-(\d{2,})$/.exec(folder);
  return match === null ? null : Number(match[1]);
};

/** What nodes wrote down by themselves, read after each trial. */
export const HISTORY_FOLDER = 'history';

/** `trial-1-fw-a.log`; what no file may be called becomes `_`. */
export const historyName = (trial: number, node: string): string =>
  `trial-${trial}-${node.replaceAll(/[^\w.-]/g, '_')}.log`;

/** `20260131T235959Z` from milliseconds since 1970: sorts by time, and is safe in a file name. */
export const folderStamp = (wall_ms: number): string =>
  `${new Date(wall_ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
