import { usage } from '../../model/error.js';
import { NS_PER_S } from '../../model/time.js';
import { Exchanges } from '../capture/exchanges.js';
import type { FinishedLog, LineReader, ReadContext, TextFormat } from '../reader.js';
import { plural } from '../targets.js';
import { saidOfTimes } from './series.js';

/** `IP 192.0.2.9 > 192.0.2.1: ICMP echo request, id 17, seq 1, length 64`, after a link header with `-e` or an interface. */
const ECHO = /\b(\S{1,64}) > (\S{1,64}): ICMP6?,? echo (request|reply), id (\d+), seq (\d+)/;
const TCP = /\b(\S{1,64})\.(\w{1,32}) > (\S{1,64})\.(\w{1,32}): Flags \[(S|S\.|R\.)[EW]*\](?:, seq (\d+))?/;
const ICMP_ERROR =
  /\b(\S{1,64}) > \S{1,64}: (ICMP6?,? (?:\S{1,64} .{0,200}unreachable|.{0,80}time exceeded)[^,]{0,80})/;
/** Any other packet. */
const PACKET = /^(?:\S+ +(?:In|Out|B|M|P) +)?(?:IP6?|ARP,?|\S+ > \S+, ethertype)\b/;
/** The first of two lines with `-v`. */
const HEADER = /^(?:\S+ +(?:In|Out|B|M|P) +)?IP6? \(.*\)\s*$/;
const DROPPED = /^(\d+) packets? dropped by kernel/;
const OTHER =
  /^(?:tcpdump: |listening on |reading from file|dropped privs|\d+ packets? (?:captured|received by filter)|Running as user|Capturing on|\^C|\d+ packets?(?: captured)?$)/;

/** `    1 0.000000000    192.0.2.9 → 192.0.2.1    ICMP 98 Echo (ping) request  id=0x53c2, seq=1/256, ttl=64` */
const TSHARK =
  /^ {0,16}(?:\d{1,12} {1,16})?(\d{1,12}\.\d{1,9})? {0,16}(\S{1,64}) (?:→|->) (\S{1,64})\s+(.*)$/;
const TSHARK_ECHO = /\bEcho \(ping\) (request|reply)\s+id=(0x[0-9a-f]+), seq=(\d+)/;
const TSHARK_TCP = /\b(\d+) (?:→|->|>) (\d+) \[(SYN|SYN, ACK|RST, ACK)(?:, (?:ECE|CWR|ECN|AE))*\]/;

const bracketed = (host: string, port: string): string =>
  host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;

/** What tcpdump and tshark print of a capture: a line for each packet. */
class TcpdumpReader implements LineReader {
  readonly #context: ReadContext;
  readonly #exchanges: Exchanges;
  /** Of a line that goes on in the next. */
  #begun_ns = NaN;
  #dropped = 0;
  #packets = 0;
  /** Times since the first packet, which tell nothing of the day. */
  #relative = false;
  #untimed = 0;

  constructor(context: ReadContext) {
    this.#context = context;
    const { source, settings, stamps } = context;
    this.#exchanges = new Exchanges({ source, settings, utc: (at_ns) => stamps.utc(at_ns) });
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.#context;
    const line = stamps.strip(text(bytes, from, to)).trimEnd();
    const at_ns = Number.isNaN(stamps.at_ns) ? this.#begun_ns : stamps.at_ns;
    this.#begun_ns = NaN;
    if (HEADER.test(line)) {
      this.#begun_ns = at_ns;
      return true;
    }
    if (this.#tcpdump(line, at_ns) || this.#tshark(line, at_ns)) {
      this.#packets += 1;
      return true;
    }
    const dropped = DROPPED.exec(line);
    if (dropped !== null) this.#dropped += Number(dropped[1]);
    // Also what -v prints below a packet.
    else return OTHER.test(line) || /^\s/.test(line) || line === '';
    return true;
  }

  suspects(line: string): boolean {
    return /\becho (?:request|reply)|Flags \[|Echo \(ping\)|\[SYN/.test(line);
  }

  finish(): FinishedLog {
    const { source, stamps } = this.#context;
    if (this.#dropped > 0)
      throw usage(
        `${source}: the capture itself dropped ${plural(this.#dropped, 'packet')}: what is missing may not have been lost`,
        'capture again with a filter (tcpdump … icmp) or a larger buffer (-B)',
      );
    if (this.#untimed > 0)
      throw usage(
        `${source}: ${plural(this.#untimed, 'packet')} without a time`,
        'give what tcpdump or tshark printed with times (no -t), or the capture itself (-w)',
      );
    const targets = this.#exchanges.finish();
    if (targets.length === 0)
      throw usage(
        `${source}: no ping and no TCP connection in the ${plural(this.#packets, 'packet')} that it prints`,
        'give a capture of ICMP echo or of TCP SYN',
      );
    return {
      targets,
      assumptions: this.#relative ? [] : saidOfTimes(stamps),
      notes: this.#exchanges.remarks,
      ...(this.#relative ? { time: () => null } : {}),
    };
  }

  #tcpdump(line: string, at_ns: number): boolean {
    const echo = ECHO.exec(line);
    if (echo !== null) {
      const [, source = '', target = '', kind, id, seq] = echo;
      this.#echo(kind as string, source, target, `${id} ${seq}`, at_ns);
      return true;
    }
    const tcp = TCP.exec(line);
    if (tcp !== null) {
      const [, source = '', sourcePort = '', target = '', targetPort = '', flags = ''] = tcp;
      this.#tcp(flags, [source, sourcePort], [target, targetPort], tcp[6] ?? '', at_ns);
      return true;
    }
    const error = ICMP_ERROR.exec(line);
    if (error !== null) this.#exchanges.remark(`"${error[2]}" from ${error[1]}`);
    if (error === null && !PACKET.test(line)) return false;
    if (!Number.isNaN(at_ns)) this.#exchanges.see(at_ns);
    return true;
  }

  #tshark(line: string, at_ns: number): boolean {
    const packet = TSHARK.exec(line);
    if (packet === null) return false;
    const [, seconds, source = '', target = '', info = ''] = packet;
    if (seconds !== undefined && Number.isNaN(at_ns)) this.#relative = true;
    const at = seconds === undefined ? at_ns : Number(seconds) * NS_PER_S;
    const echo = TSHARK_ECHO.exec(info);
    if (echo !== null) {
      this.#echo(echo[1] as string, source, target, `${Number(echo[2])} ${echo[3]}`, at);
      return true;
    }
    const tcp = TSHARK_TCP.exec(info);
    if (tcp !== null) {
      const flags = tcp[3] === 'SYN' ? 'S' : tcp[3] === 'SYN, ACK' ? 'S.' : 'R.';
      this.#tcp(flags, [source, tcp[1] as string], [target, tcp[2] as string], '', at);
    } else if (!Number.isNaN(at)) this.#exchanges.see(at);
    return true;
  }

  #echo(kind: string, source: string, target: string, id: string, at_ns: number): void {
    if (Number.isNaN(at_ns)) this.#untimed += 1;
    else if (kind === 'request') this.#exchanges.request({ from: source, to: target, id }, at_ns);
    else this.#exchanges.answer({ from: target, to: source, id }, at_ns);
  }

  #tcp(
    flags: string,
    [source, sourcePort]: readonly [string, string],
    [target, targetPort]: readonly [string, string],
    seq: string,
    at_ns: number,
  ): void {
    if (Number.isNaN(at_ns)) this.#untimed += 1;
    else if (flags === 'S')
      this.#exchanges.request({ from: source, to: bracketed(target, targetPort), id: sourcePort }, at_ns);
    else {
      const back = { from: target, to: bracketed(source, sourcePort), id: targetPort };
      if (flags === 'S.') this.#exchanges.answer(back, at_ns);
      // Any other reset is of a connection that stood.
      else if (seq === '0' || seq === '') this.#exchanges.refusal(back, at_ns);
    }
  }
}

export const tcpdumpFormat: TextFormat = {
  name: 'tcpdump',
  example: '22:13:21.000400 IP 10.4.4.4 > 10.4.3.4: ICMP echo reply, id 17, seq 1, length 64',
  knows: (line) =>
    ECHO.test(line) ||
    TCP.test(line) ||
    HEADER.test(line) ||
    (TSHARK.test(line) && / (?:ICMP(?:v6)?|TCP) /.test(line)),
  open: (context) => new TcpdumpReader(context),
};
