import { Ledger } from '../../../src/probe/send/ledger.js';
import { decodeProbe, type ProbeRow } from '../../../src/model/probe.js';
import { fromMs, ns, type Nanoseconds } from '../../../src/model/time.js';

export const ORIGIN = fromMs(1_000_000);
export const WAIT = fromMs(1000);

/** An instant in milliseconds since the trial's origin, on the ledger's clock. */
export const at = (ms: number): Nanoseconds => ns(ORIGIN + ms * 1e6);

/** A ledger and the rows it has written so far. */
export const newLedger = (): { ledger: Ledger; rows: ProbeRow[] } => {
  const rows: ProbeRow[] = [];
  return { ledger: new Ledger('ping', WAIT, ORIGIN, (line) => rows.push(decodeProbe(line))), rows };
};

/** Sends one probe at `ms`, its socket taking it 0.1 ms later. @returns its sequence number. */
export const send = (ledger: Ledger, ms: number): number => {
  const seq = ledger.sending(at(ms), at(ms));
  ledger.accepted(seq, at(ms + 0.1));
  return seq;
};

export const reply = (ledger: Ledger, seq: number, ms: number): void =>
  ledger.answer(seq, { outcome: 'answered', received: at(ms), ttl: 63 });

/** Looks at the ledger every 100 ms, as the agent does. */
export const watch = (ledger: Ledger, from_ms: number, to_ms: number): void => {
  for (let ms = from_ms; ms <= to_ms; ms += 100) ledger.advance(at(ms));
};
