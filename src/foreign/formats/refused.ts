import { LogTimeReader } from '../log-time.js';

/** What looks like a log of probes and tells no time or order of any loss. */
interface Refusal {
  readonly line: RegExp;
  readonly why: string;
  readonly remedy: string;
}

const REFUSALS: readonly Refusal[] = [
  {
    line: /^(?:HOST: .*Loss%|\s*\d+\.(?:\|--)? \S+ +\d+\.\d+% +\d+|Start: \d{4}-)/,
    why: 'a report of mtr has totals per hop: nobody can say when the probes were lost, or which',
    remedy: 'give the output of mtr --raw, or of ping -D -O to the last hop',
  },
  {
    line: /^\s*(?:"report": \{|"mtr": \{|"hubs": \[|"Loss%": )/,
    why: 'a report of mtr has totals per hop: nobody can say when the probes were lost, or which',
    remedy: 'give the output of mtr --raw, or of ping -D -O to the last hop',
  },
  {
    line: /^(?:Mtr_Version,Start_Time,|MTR\.\d+\.\d+,\d+,)/,
    why: 'a table of mtr --csv has totals per hop: nobody can say when the probes were lost, or which',
    remedy: 'give the output of mtr --raw, or of ping -D -O to the last hop',
  },
  {
    line: /^ *\d+\/ *\d+ \( *\d+%\) lost;/,
    why: 'prettyping draws a picture over what it drew before: how many were lost is known, not when',
    remedy: 'give the output of ping -D -O',
  },
  {
    line: /^\S+(?: \([^)]+\))? *: xmt\/rcv\/%(?:loss|return) = |^\[\d\d:\d\d:\d\d\]$/,
    why: 'fping -Q, -q and -c with -q write counts only: nobody can say when the probes were lost, or which',
    remedy: 'give the output of fping -D -l, which has a line for each probe',
  },
  {
    line: /^(?:\d+: (?:-?[\d.]+e[+-]\d+|-?nan)(?: |$)|\s+uptime\s+loss\s+median|\s*<xport>|\s*<row><t>\d+<\/t>)/i,
    why: 'rows of SmokePing are averages over minutes: they hold no probe',
    remedy: 'give the log of a tool that writes a line for each probe, ping -D -O for one',
  },
  {
    line: /^(?:TcpTestSucceeded|PingSucceeded|ComputerName|RemoteAddress|RemotePort|InterfaceAlias|SourceAddress)\s*:/,
    why: 'Test-NetConnection tests once, and its list has no time: that is no sequence of probes',
    remedy: 'give the output of a loop that writes the time and TcpTestSucceeded on each line',
  },
  {
    line: /^(?:ARPING \S+|[!.]+\t\s*\d+% packet loss|\d+ bytes from \S+ \([^)]+\): index=|Unicast reply from|Broadcast reply from|Sent \d+ probes|Received \d+ response)/,
    why: "arping's replies carry no number of their probe and no time: how many were lost is known, not when",
    remedy: 'give the output of ping -D -O, or a capture (tcpdump -w)',
  },
];

/** What speaks against reading these lines at all, and how many of them say so; null: nothing. */
export const refusalOf = (lines: readonly string[]): (Refusal & { readonly count: number }) | null => {
  const stamps = new LogTimeReader();
  const counts = REFUSALS.map(() => 0);
  for (const line of lines) {
    const rest = stamps.strip(line).trimEnd();
    for (const [index, { line: pattern }] of REFUSALS.entries())
      if (pattern.test(rest) || pattern.test(line.trimEnd())) counts[index] = (counts[index] ?? 0) + 1;
  }
  const most = Math.max(...counts);
  const refusal = REFUSALS[counts.indexOf(most)];
  return most === 0 || refusal === undefined ? null : { ...refusal, count: most };
};
