import type { SendFigures } from '../../model/event.js';
import { earliest, firstOf, lastOf, type Nanoseconds } from '../../model/time.js';
import type { Ledger } from './ledger.js';
import type { LiveStream } from '../protocol.js';

type LedgerFigures = Omit<SendFigures, 'socket_drops'>;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** How the flows of one stream look as one: as clean as the worst of them. */
export const liveOf = (ledgers: readonly Ledger[], now: Nanoseconds): LiveStream => {
  const flows = ledgers.map((ledger) => ledger.live(now));
  const [first] = flows as [LiveStream, ...LiveStream[]];
  if (flows.length === 1) return first;
  const rtts = flows.flatMap(({ rtt_ms }) => (rtt_ms === null ? [] : [rtt_ms]));
  return {
    name: first.name,
    sent: sum(flows.map(({ sent }) => sent)),
    answered: sum(flows.map(({ answered }) => answered)),
    bad: sum(flows.map(({ bad }) => bad)),
    clean_from_ns: lastOf(flows.map(({ clean_from_ns }) => clean_from_ns)),
    last_good_ns: firstOf(flows.map(({ last_good_ns }) => last_good_ns)),
    good_run: Math.min(...flows.map(({ good_run }) => good_run)),
    down_since_ns: earliest(flows.map(({ down_since_ns }) => down_since_ns)),
    refused_since_ns: earliest(flows.map(({ refused_since_ns }) => refused_since_ns)),
    rtt_ms: rtts.length === 0 ? null : Math.max(...rtts),
    cause: flows.find(({ cause }) => cause !== null)?.cause ?? null,
  };
};

/** Counts are sums over the flows; they share one distribution of lateness. */
export const figuresOf = (ledgers: readonly Ledger[]): LedgerFigures => {
  const flows = ledgers.map((ledger) => ledger.figures());
  const [first] = flows as [LedgerFigures, ...LedgerFigures[]];
  return {
    ...first,
    sent: sum(flows.map(({ sent }) => sent)),
    unsent: sum(flows.map(({ unsent }) => unsent)),
    local_blocked: sum(flows.map(({ local_blocked }) => local_blocked)),
  };
};
