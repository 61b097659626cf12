/** What Windows' ping says in one language. Patterns meet the line without its time stamp. */
export interface WindowsWords {
  readonly language: string;
  /** Group 1: the address that answered; the rest of the line follows the match. */
  readonly reply: RegExp;
  /** Group 1: the host, 2: its address, 3: the own address with `-S`. */
  readonly heading: RegExp;
  readonly timedOut: RegExp;
  /** What an answer says instead of a time. */
  readonly causes: readonly (readonly [pattern: RegExp, cause: string])[];
  /** The send call failed. */
  readonly localFailure: RegExp;
}

/**
 * Umlauts are one unknown character: cmd.exe writes them in code page 850, of which only ASCII is read. Wording of
 * Windows 7 to 11.
 */
export const WINDOWS_WORDS: readonly WindowsWords[] = [
  {
    language: 'English',
    reply: /^Reply from (\S+): ?/,
    heading: /^Pinging (\S+)(?: \[([^\]]+)\])?(?: from (\S+))? with \d+ bytes of data/,
    timedOut: /^Request timed out\b/,
    causes: [
      [/Destination host unreachable/, 'host-unreachable'],
      [/Destination net unreachable/, 'net-unreachable'],
      [/Destination protocol unreachable/, 'protocol-unreachable'],
      [/Destination port unreachable/, 'port-unreachable'],
      [/TTL expired in transit/, 'time-exceeded'],
      [/Packet needs to be fragmented/, 'fragmentation-needed'],
    ],
    localFailure: /^(?:PING: transmit failed\b.*|General failure\b.*)$/,
  },
  {
    language: 'German',
    reply: /^Antwort von (\S+): ?/,
    heading: /^Ping wird ausgef.{1,2}hrt f.{1,2}r (\S+)(?: \[([^\]]+)\])?(?: von (\S+))? mit \d+ Bytes Daten/,
    timedOut: /^Zeit.{1,2}berschreitung der Anforderung/,
    causes: [
      [/Zielhost nicht erreichbar/, 'host-unreachable'],
      [/Zielnetz nicht erreichbar/, 'net-unreachable'],
      [/Zielprotokoll nicht erreichbar/, 'protocol-unreachable'],
      [/Zielport nicht erreichbar/, 'port-unreachable'],
      [/G.{1,2}ltigkeitsdauer|TTL .*abgelaufen/, 'time-exceeded'],
      [/Paket m.{1,2}sste fragmentiert/, 'fragmentation-needed'],
    ],
    localFailure: /^(?:PING: Fehler bei der .{1,2}bertragung\b.*|Allgemeiner Fehler\b.*)$/,
  },
  {
    language: 'Japanese',
    reply: /^(\S+) からの応答: ?/,
    heading: /^(\S+?)(?: \[([^\]]+)\])? ?に(?: (\S+) から)? ?ping を送信しています/,
    timedOut: /^要求がタイムアウトしました/,
    causes: [
      [/宛先ホストに到達できません/, 'host-unreachable'],
      [/宛先ネットワークに到達できません/, 'net-unreachable'],
      [/宛先プロトコルに到達できません/, 'protocol-unreachable'],
      [/宛先ポートに到達できません/, 'port-unreachable'],
      [/TTL が期限切れ/, 'time-exceeded'],
      [/パケットの断片化が必要/, 'fragmentation-needed'],
    ],
    localFailure: /^(?:PING: 転送に失敗しました.*|一般エラー.*)$/,
  },
];

/** Language-neutral: `bytes=32 time<1ms TTL=62`, `時間 =1ms TTL=62`, and without bytes and TTL over IPv6. */
export const WINDOWS_TIME = /([=<]) ?(\d+) ?ms(?: TTL=(\d+))?\s*$/;
