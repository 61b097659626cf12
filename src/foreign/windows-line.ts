import { addressIn } from './ping-line.js';
import { LONGEST_STAMPED, type Place } from './stamp.js';
import { summaryIn, type Summary } from './summary.js';

export interface WindowsReply {
  readonly from: string;
  readonly rtt_ms: number;
  /** -1: not said. */
  readonly ttl: number;
}

/** What one line of Windows' ping says. */
export type WindowsSays =
  | ({ readonly kind: 'reply' } & WindowsReply)
  /** `words`: they are not English, or no sentence that is known: what the line is taken for is to be said. */
  | { readonly kind: 'timed-out'; readonly words: boolean }
  | { readonly kind: 'error'; readonly from: string | null; readonly cause: string; readonly words: boolean }
  | { readonly kind: 'local-failure'; readonly words: boolean }
  | { readonly kind: 'heading'; readonly target: string; readonly local: string | null }
  | ({ readonly kind: 'summary' } & Summary)
  /** A sentence without a number that is not known: in a language that is not known either it can be a time-out. */
  | { readonly kind: 'sentence' }
  | { readonly kind: 'aside' };

/** In the same place in every language: `bytes=32 time<1ms TTL=62`, `temps=1 ms TTL=62`, `число байт=32 время=1мс TTL=62`. */
const REPLY = /[=<]\s?(\d+)\s?[^\s\d=]{0,6}\s+TTL=(\d+)/;
/** Over IPv6 there are neither octets nor a TTL. */
const REPLY_SIX = /:\s?[^\s\d=]+\s?[=<]\s?(\d+)\s?[^\s\d=.]{1,6}(?:\s|$)/;
const SENT_RECEIVED_LOST = /=\s?(\d+)[^=]+=\s?(\d+)[^=]+=\s?(\d+)/;
const SHARE_ALONE = /^\(?[^=]*\d ?%[^=]*\)?,?$/;
const MIN_MAX_MEAN = /=\s?\d+\s?[^\s\d=]{1,6}[^=]+=\s?\d+\s?[^\s\d=]{1,6}[^=]+=\s?\d+\s?[^\s\d=]{1,6}\.?$/;
const STOPPED = /^(?:\^C|\^Z|\p{L}{3,10}[-+ ](?:C|Break|Pause|Untbr|Interr))$/iu;

/** Umlauts may be any character, of a code page that was not told: one or two dots. */
const TIMED_OUT = [
  /Request timed out\b/,
  /Zeit.{1,2}berschreitung der Anforderung/,
  /要求がタイムアウトしました/,
  /D.{1,2}lai d.attente de la demande d.{1,2}pass/,
  /Tiempo de espera agotado para esta solicitud/,
  /Esgotado o tempo limite d[eo] pedido|O pedido excedeu o tempo|Tempo limite do pedido/,
  /Richiesta scaduta/,
  /Превышен интервал ожидания для запроса/,
  /请求超时|請求逾時|要求等候逾時/,
  /Time-out bij opdracht/,
  /Beg.{1,2}ran gjorde timeout/,
  /Up.{1,2}yn.{2,4} limit czasu/,
  /zaman a.{1,2}m.{1,2}na u.{1,2}rad/,
  /요청 시간이 만료/,
  /Vypr.{1,2}el .{1,2}asov.{1,2} limit/,
  /Anmodning(?:en)? fik timeout/,
  /tidsavbrudd/i,
  /Pyynt.{1,2} aikakatkaistiin/,
  /A k.{1,2}r.{1,2}s t.{1,2}ll.{1,2}pte|id.{1,2}korl.{1,2}t/,
  // What old Windows says when the interface is down: it may not have left.
  /^Hardware ?(?:error|fehler)\b/,
];
const ENGLISH =
  /Request timed out|Destination |TTL expired|General failure|transmit failed|needs to be fragmented/;

const CAUSES: readonly (readonly [pattern: RegExp, cause: string])[] = [
  [/Destination host unreachable|Zielhost nicht erreichbar|宛先ホストに到達できません/, 'host-unreachable'],
  [
    /Destination net unreachable|Zielnetz nicht erreichbar|宛先ネットワークに到達できません/,
    'net-unreachable',
  ],
  [
    /Destination protocol unreachable|Zielprotokoll nicht erreichbar|宛先プロトコルに到達できません/,
    'protocol-unreachable',
  ],
  [/Destination port unreachable|Zielport nicht erreichbar|宛先ポートに到達できません/, 'port-unreachable'],
  [/TTL expired in transit|G.{1,2}ltigkeitsdauer|TTL .*abgelaufen|TTL が期限切れ|\bTTL\b/, 'time-exceeded'],
  [
    /Packet needs to be fragmented|Paket m.{1,2}sste fragmentiert|パケットの断片化が必要/,
    'fragmentation-needed',
  ],
  [
    /H.{1,2}te de destination|Host de destino|Host di destinazione|Заданный узел|目标主机|目的地主機|Doelhost|Destinationsv.{1,2}rd|host docelowy|Hedef ana|대상 호스트|C.{1,2}lov. hostitel/i,
    'host-unreachable',
  ],
  [
    /R.{1,2}seau de destination|Red de destino|Rede de destino|Rete di destinazione|目标网/i,
    'net-unreachable',
  ],
];
const LOCAL_FAILURE =
  /^PING ?:|General failure\b|Allgemeiner Fehler\b|一般エラー|(?:chec|faillance) g.{1,2}n.{1,2}ral|Error general\b|Errore generale|Falha geral|Общий сбой|一般故障|一般失敗|Algemene fout|Allm.{1,2}nt fel|Og.{1,2}lny b|Genel hata|일반 오류|Obecn.{1,2} chyba/;

/** Languages whose sentences are above: in those one that is not known is none of ping's. */
const KNOWN_REPLY =
  /Reply from|Antwort von|からの応答|R.{1,2}ponse de|Respuesta desde|Resposta de|Risposta da|Ответ от|的回复|的回覆|Antwoord van|Svar fr|Odpowied|cevab|의 응답/;

const causeOf = (line: string): string | null => CAUSES.find(([pattern]) => pattern.test(line))?.[1] ?? null;

const replyOf = (line: string): WindowsSays | null => {
  const match = REPLY.exec(line);
  const from = addressIn(line);
  if (match !== null)
    return { kind: 'reply', from: from ?? 'target', rtt_ms: Number(match[1]), ttl: Number(match[2]) };
  if (from === null || !from.includes(':')) return null;
  const six = REPLY_SIX.exec(line.slice(line.indexOf(from) + from.length));
  return six === null ? null : { kind: 'reply', from, rtt_ms: Number(six[1]), ttl: -1 };
};

/** What `date /t` and `time /t` write in a loop: no seconds, which tells of no probe when it left. */
const DAY_OR_MINUTE =
  /^(?:\p{L}{2,4}\.?,? )?\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}\.?$|^\d{1,2}[:.]\d\d(?: ?[AP]\.?M\.?)?$/iu;

const countsOf = (line: string): WindowsSays | null => {
  const counts = SENT_RECEIVED_LOST.exec(line);
  if (counts !== null) {
    const [transmitted, received, lost] = counts.slice(1).map(Number) as [number, number, number];
    if (MIN_MAX_MEAN.test(line)) return { kind: 'aside' };
    if (transmitted === received + lost) return { kind: 'summary', transmitted, received };
  }
  const summary = summaryIn(line);
  if (summary !== null) return { kind: 'summary', ...summary };
  const aside = SHARE_ALONE.test(line) || STOPPED.test(line) || DAY_OR_MINUTE.test(line);
  return aside ? { kind: 'aside' } : null;
};

/** `Pinging host [10.4.4.4] from 10.4.3.4 with 32 bytes of data:` and the heading of the counts end alike. */
const headingOf = (line: string): WindowsSays | null => {
  if (!/[:：]$/.test(line)) return null;
  const target = /\[([^\]\s]+)\]/.exec(line)?.[1] ?? addressIn(line);
  if (target === null) return /\d/.test(line) ? null : { kind: 'aside' };
  const rest = line.slice(line.indexOf(target) + target.length);
  const local = addressIn(rest.replace(/[:：]$/, ''));
  const numbers = rest.replace(local ?? '', '');
  return /\d/.test(numbers) ? { kind: 'heading', target, local } : { kind: 'aside' };
};

/** What somebody answered, behind the address: a sentence, which is whole. */
const ANSWERED = /[:：]\s?[^\d=]+[.。]$/;

/** A line that gives no number, though Windows ends what it says of a probe with a full stop. */
const SENTENCE = /^[^\d\\>$#=@]{4,120}$/u;

/** @returns null for what is not understood. The line comes without its stamp. */
export const windowsSays = (text: string): WindowsSays | null => {
  if (text.length > LONGEST_STAMPED) return null;
  const line = text.trim();
  if (/(?:icmp6?_)?[sr]eq[=: ]\d/i.test(line)) return null;
  const reply = replyOf(line);
  if (reply !== null) return reply;
  const words = !ENGLISH.test(line);
  if (TIMED_OUT.some((pattern) => pattern.test(line))) return { kind: 'timed-out', words };
  if (LOCAL_FAILURE.test(line)) return { kind: 'local-failure', words };
  const counts = countsOf(line) ?? headingOf(line);
  if (counts !== null) return counts;
  const cause = causeOf(line);
  const from = addressIn(line);
  // Somebody answered for the target, and gave no time.
  if (from !== null && ANSWERED.test(line.slice(line.indexOf(from) + from.length)))
    return { kind: 'error', from, cause: cause ?? 'unknown', words: words || cause === null };
  if (from === null && cause !== null) return { kind: 'error', from, cause, words };
  return SENTENCE.test(line) ? { kind: 'sentence' } : null;
};

/** Is the language of this reply one whose time-outs are known? */
export const isKnownLanguage = (reply: string): boolean => KNOWN_REPLY.test(reply);

/** A reply of which all but the numbers is known: `take` gives it those of another line. */
export class RepeatedWindowsReply implements WindowsReply {
  readonly from: string;
  rtt_ms = 0;
  ttl = -1;
  /** One of these lines. */
  readonly line: string;

  constructor({ from }: WindowsReply, line: string) {
    this.from = from;
    this.line = line;
  }

  take(numbers: Float64Array, first: number): void {
    this.rtt_ms = numbers[first] as number;
    this.ttl = numbers[first + 1] as number;
  }
}

/** The round trip and the time to live of a reply; null: over IPv6 there is none. */
export const windowsPlaces = (
  line: string,
  reply: WindowsReply,
): { readonly places: readonly Place[]; readonly said: RepeatedWindowsReply } | null => {
  const match = REPLY.exec(line);
  if (match === null) return null;
  const [all, rtt, ttl] = match as unknown as [string, string, string];
  const from = match.index + all.indexOf(rtt);
  const to = match.index + all.length;
  return {
    places: [
      { from, to: from + rtt.length },
      { from: to - ttl.length, to },
    ],
    said: new RepeatedWindowsReply(reply, line),
  };
};
