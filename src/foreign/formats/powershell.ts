import { durationOf, everySecond } from './connect.js';
import { PASSED, probe, type Say, seriesFormat, UNKNOWN } from './series.js';

/** `   6 PROBE   *   *   32 TimedOut` of PowerShell 7: number, source, address, latency, size, status. */
const TABLE_7 =
  /^ {0,16}(\d{1,10}) {1,80}(\S{1,255}) {1,80}(\S{1,255}) {1,80}(\*|\d{1,10}) {1,80}(\*|\d{0,10}) {0,80}([A-Z][A-Za-z]+)$/;
/** `PROBE  192.0.2.1  192.0.2.1  32  1` of Windows PowerShell 5: source, destination, addresses, octets, time. */
const TABLE_5 =
  /^(\S{1,255}) {1,80}(\S{1,255}) {1,80}(\d+\.\d+\.\d+\.\d+)?(?: {1,80}([0-9a-f:]{1,40}(?:%\w{1,16})?))? {1,80}(\d{1,10}) {1,80}(\d{1,10})$/i;
const FAILED_5 = /^Test-Connection ?: .*'([^']+)'/;
const PASSED_LINE =
  /^(?:\s*Destination: |\s*(?:Ping +)?Source +|\s*\(ms\)|[-\s]+$|At (?:line|C:)|\s*\+|\s*~|WARNING:)/;
const DESTINATION = /^\s*Destination: (\S+)/;
/** `Test-Connection -Quiet`, `(Test-NetConnection …).TcpTestSucceeded` in a loop */
const TRUTH = /^(True|False)$/;

const CAUSES: Readonly<Record<string, string>> = {
  DestinationHostUnreachable: 'host-unreachable',
  DestinationNetworkUnreachable: 'net-unreachable',
  TtlExpired: 'time-exceeded',
};

/** The other values of .NET's IPStatus, which nobody translates. */
const FAILURES: ReadonlySet<string> = new Set(
  [
    'TimedOut Unknown IcmpError GeneralFailure HardwareError NoResources BadOption BadRoute BadHeader BadDestination',
    'PacketTooBig ParameterProblem SourceQuench UnrecognizedNextHeader TimeExceeded TtlReassemblyTimeExceeded',
    'DestinationUnreachable DestinationProhibited DestinationProtocolUnreachable DestinationPortUnreachable',
    'DestinationScopeMismatch',
  ].flatMap((names) => names.split(' ')),
);

const open = (): Say => (line) => {
  const seven = TABLE_7.exec(line);
  if (seven !== null) {
    const [, seq = '', , , latency = '', , status = ''] = seven;
    if (status === 'Success')
      return probe('answered', { seq: Number(seq), rtt_ns: latency === '*' ? NaN : durationOf(latency) });
    const cause = CAUSES[status];
    if (cause !== undefined) return probe('unreachable', { seq: Number(seq), cause });
    if (!FAILURES.has(status)) return null;
    return probe('lost', { seq: Number(seq), cause: status === 'TimedOut' ? null : status });
  }
  const truth = TRUTH.exec(line);
  if (truth !== null) return probe(truth[1] === 'True' ? 'answered' : 'lost');
  const five = TABLE_5.exec(line);
  if (five !== null)
    return probe('answered', { target: five[2] as string, rtt_ns: durationOf(five[6] as string) });
  const failed = FAILED_5.exec(line);
  if (failed !== null) return probe('lost', { target: failed[1] as string });
  const destination = DESTINATION.exec(line);
  if (destination !== null) return { kind: 'target', target: destination[1] as string };
  return PASSED_LINE.test(line) ? PASSED : null;
};

export const powershellFormat = seriesFormat({
  name: 'powershell',
  example: 'the table of Test-Connection: "  6 PROBE  192.0.2.1  1  32 Success"',
  knows: (line) => TABLE_7.test(line) || TABLE_5.test(line) || FAILED_5.test(line) || TRUTH.test(line),
  pace: (settings) => everySecond(settings, 'Test-Connection', UNKNOWN),
  open,
});
