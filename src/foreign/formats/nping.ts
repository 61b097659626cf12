import { usage } from '../../model/error.js';
import { brief } from '../../model/outside.js';
import { NS_PER_S } from '../../model/time.js';
import { Exchanges } from '../capture/exchanges.js';
import type { FinishedLog, LineReader, ReadContext, TextFormat } from '../reader.js';

const LINE = /^(SENT|RCVD) \((\d+\.\d+)s\) (.*)$/;
const ECHO = /^ICMP(?:v6)? \[(\S+) > (\S+) Echo (request|reply) \(.*?\bid=(\d+) seq=(\d+)\]/;
const TCP = /^TCP (?:\[)?(\S+):(\d+) > (\S+):(\d+) (S|SA|RA|R)\b/;
/** What is cut off may have been about a probe. */
const OTHER_PACKET = /^(?:ICMP(?:v6)? \[.*\(type=\d+\/code=\d+\).*\]|(?:TCP|UDP) .*\biplen=\d+|ARP \S)/;
const HANDSHAKE = /^(?:Starting TCP Handshake|Handshake with|Possible TCP RST)/;
const COUNTS = /^Raw packets sent: (\d+) .*\| Rcvd: (\d+)/;
const OTHER =
  /^(?:Starting Nping|Max rtt:|Nping done|TCP connection attempts|Tx time|Statistics for host|\s*\| )/;

/** nping: a line for each packet, with its own clock from the start. */
class NpingReader implements LineReader {
  readonly #context: ReadContext;
  readonly #exchanges: Exchanges;
  #sent = 0;
  #received = 0;
  #counts: { readonly sent: number; readonly received: number } | null = null;
  #handshakes = 0;
  #runs = 0;

  constructor(context: ReadContext) {
    this.#context = context;
    this.#exchanges = new Exchanges({ source: context.source, settings: context.settings, utc: () => null });
  }

  line(bytes: Buffer, from: number, to: number): boolean {
    const { stamps, text } = this.#context;
    const line = stamps.strip(text(bytes, from, to)).trimEnd();
    const match = LINE.exec(line);
    if (match !== null && this.#packet(match[1] === 'SENT', Number(match[2]) * NS_PER_S, match[3] as string))
      return true;
    const counts = COUNTS.exec(line);
    if (counts !== null) {
      this.#counts = { sent: Number(counts[1]), received: Number(counts[2]) };
      return true;
    }
    if (line.startsWith('Starting Nping')) this.#runs += 1;
    return OTHER.test(line) || line === '';
  }

  suspects(line: string): boolean {
    return /^(?:SENT|RCVD)\b/.test(line);
  }

  finish(): FinishedLog {
    const { source } = this.#context;
    if (this.#handshakes > 0)
      throw usage(
        `${source}: nping --tcp-connect does not say which of the attempts was completed`,
        'give the output of nping --tcp, or a capture of it',
      );
    const fault = this.#fault();
    if (fault !== null)
      throw usage(`${source}: ${fault}: no figure`, 'give the whole log of one run, as nping wrote it');
    return {
      targets: this.#exchanges.finish(),
      assumptions: ['times are from the start of nping: starts are in seconds from then'],
      notes: [],
      time: () => null,
    };
  }

  #fault(): string | null {
    if (this.#runs > 1) return 'nping was started more than once in it';
    const counts = this.#counts;
    if (counts === null || (counts.sent === this.#sent && counts.received === this.#received)) return null;
    return (
      `its own summary says ${counts.sent} sent and ${counts.received} received, its lines ` +
      `${this.#sent} and ${this.#received}`
    );
  }

  #packet(sent: boolean, at_ns: number, rest: string): boolean {
    if (HANDSHAKE.test(rest)) {
      this.#handshakes += 1;
      return true;
    }
    const echo = ECHO.exec(rest);
    const tcp = echo === null ? TCP.exec(rest) : null;
    if (echo === null && tcp === null) {
      // Another packet, an error perhaps, is counted by nping too.
      if (!OTHER_PACKET.test(rest)) return false;
      this.#exchanges.see(at_ns);
      this.#exchanges.remark(`"${brief(rest.replaceAll(/\[.*$/g, ''), 40)}"`);
    } else if (echo !== null) {
      const [, from = '', to = '', kind, id, seq] = echo;
      if (kind === 'request') this.#exchanges.request({ from, to, id: `${id} ${seq}` }, at_ns);
      else this.#exchanges.answer({ from: to, to: from, id: `${id} ${seq}` }, at_ns);
    } else if (tcp !== null) {
      const [, from = '', fromPort = '', to = '', toPort = '', flags] = tcp;
      const back = { from: to, to: `${from}:${fromPort}`, id: toPort };
      if (flags === 'S') this.#exchanges.request({ from, to: `${to}:${toPort}`, id: fromPort }, at_ns);
      else if (flags === 'SA') this.#exchanges.answer(back, at_ns);
      else this.#exchanges.refusal(back, at_ns);
    }
    if (sent) this.#sent += 1;
    else this.#received += 1;
    return true;
  }
}

export const npingFormat: TextFormat = {
  name: 'nping',
  example: 'RCVD (0.0530s) ICMP [10.4.4.4 > 10.4.3.4 Echo reply (type=0/code=0) id=1 seq=1] …',
  knows: (line) => LINE.test(line),
  open: (context) => new NpingReader(context),
};
