import { encodeProbe, type ProbeRow } from '../model/probe.js';
import { ns, type Nanoseconds } from '../model/time.js';

/** Writes rows whose instants are monotonic, counted from the trial's origin. */
export const probeWriter =
  (origin: Nanoseconds, write: (line: string) => void) =>
  (row: ProbeRow): void => {
    const since = (at: Nanoseconds): Nanoseconds => ns(Math.round(at - origin));
    const relative = (at: Nanoseconds | null): Nanoseconds | null => (at === null ? null : since(at));
    const { reflected } = row;
    write(
      encodeProbe({
        ...row,
        intended_ns: since(row.intended_ns),
        sent_ns: relative(row.sent_ns),
        accepted_ns: relative(row.accepted_ns),
        received_ns: relative(row.received_ns),
        ...(reflected === undefined
          ? {}
          : {
              reflected: {
                seq: reflected.seq,
                received_ns: since(reflected.received_ns),
                sent_ns: since(reflected.sent_ns),
              },
            }),
      }),
    );
  };
