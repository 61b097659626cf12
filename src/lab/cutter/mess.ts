/**
 * What a cutter can do to packets besides stopping them all: nft lines, each one transaction, and the routes of the delay
 * lines. Pure.
 */

/** A detour behind the point at which outages drop packets; what takes it comes later by its delay. */
export interface DelayLine {
  /** Of its device. */
  readonly name: string;
  readonly delay_ms: number;
  /** Of the packets that take it, and of their routing table. */
  readonly mark: number;
}

/** `far`: a reflector that is 50 ms away; `slow`: a path that is 120 ms slower than before. */
export const DELAY_LINES = [
  { name: 'far', delay_ms: 50, mark: 50 },
  { name: 'slow', delay_ms: 120, mark: 120 },
] as const satisfies readonly DelayLine[];
export type Detour = (typeof DELAY_LINES)[number]['name'];

/** `ip -batch` lines for the cutter. What comes out of the line has no mark, and goes the ordinary way. */
export const delayRoutes = ({ name, mark }: DelayLine): string[] => [
  `link set ${name} up`,
  `route add 0.0.0.0/0 dev ${name} table ${mark}`,
  `route add ::/0 dev ${name} table ${mark}`,
];

/** One line, hence one transaction. */
export const together = (...lines: readonly string[]): string => lines.join('; ');

const MILLION = 1e6;

/** Each packet, on either way, is lost with this probability (0..1); 0: none is. */
export const randomRules = (share: number): string =>
  share === 0
    ? 'flush chain inet cutter lottery'
    : `flush chain inet cutter lottery; add rule inet cutter lottery numgen random mod ${MILLION} < ${Math.round(share * MILLION)} drop`;

/** The share of round trips that is lost where each way loses `share`, and back. */
export const bothWays = (share: number): number => 1 - (1 - share) ** 2;
export const eachWay = (lost: number): number => 1 - Math.sqrt(1 - lost);

/** What goes to the server takes this delay line; null: none. */
export const detourRules = (detour: Detour | null): string => {
  const line = DELAY_LINES.find(({ name }) => name === detour);
  const back = 'flush chain inet cutter detour';
  return line === undefined
    ? back
    : `${back}; add rule inet cutter detour iifname "trust" meta mark set ${line.mark}`;
};

const ECHO_PORT = 7;

/** Stops the packets of TCP sessions with the echo server, and nothing else; `mendRules` ends it. */
export const sessionRules =
  `add rule inet cutter cut_forward tcp dport ${ECHO_PORT} drop; ` +
  `add rule inet cutter cut_reverse tcp sport ${ECHO_PORT} drop`;
