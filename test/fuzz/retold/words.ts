import type { Truth } from './truth.js';

/** A line of a log, and when the tool wrote it. */
export interface Line {
  readonly at_us: number;
  readonly text: string;
}

/** A tool, and what it writes of what happened. */
export interface Tool {
  readonly name: string;
  /** How it sends; from how long an unanswered probe takes, its log has that where nothing else tells. */
  readonly every_us: number;
  readonly wait_us: number;
  /** Does it wait for an answer before it sends the next? */
  readonly pauses: boolean;
  /** Has each line a time of its own already? */
  readonly timed: boolean;
  /** Are its words of no concern to who reads it? */
  readonly wordless?: true;
  /** Does it write no summary? */
  readonly endless?: true;
  /** Does every line of a probe stand for itself, so that there is a time for each where lines are stamped? */
  readonly whole?: true;
  readonly lines: (truth: Truth) => Line[];
}

export const TARGET = '192.0.2.1';
const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');
export const ms = (us: number, digits = 3): string => (us / 1000).toFixed(digits);

export const counts = (truth: Truth): { sent: number; received: number; share: number } => {
  const sent = truth.answered.length;
  const received = truth.answered.filter(Boolean).length;
  return { sent, received, share: Math.round((100 * (sent - received)) / sent) };
};

interface Writes {
  readonly heading?: (truth: Truth) => readonly string[];
  readonly good: (index: number, truth: Truth, at_us: number) => string;
  readonly lost: ((index: number, truth: Truth, at_us: number) => string) | null;
  readonly summary?: (truth: Truth) => readonly string[];
}

export const written =
  ({ heading, good, lost, summary }: Writes) =>
  (truth: Truth): Line[] => {
    const { sends_us, answered, rtt_us, wait_us } = truth;
    const first = sends_us[0] as number;
    const end = (sends_us.at(-1) as number) + rtt_us;
    return [
      ...(heading?.(truth) ?? []).map((text) => ({ at_us: first, text })),
      ...sends_us.flatMap((sent, index) => {
        const at_us = sent + (answered[index] === true ? rtt_us : wait_us);
        if (answered[index] === true) return [{ at_us, text: good(index, truth, at_us) }];
        return lost === null ? [] : [{ at_us, text: lost(index, truth, at_us) }];
      }),
      ...(summary?.(truth) ?? []).map((text) => ({ at_us: end, text })),
    ].toSorted((a, b) => a.at_us - b.at_us);
  };

export const clock = (us: number): string => new Date(us / 1000).toISOString().slice(11, 19);
export const fine = (us: number): string => `${clock(us)}.${pad(us % 1e6, 6)}`;
export const epoch = (us: number): string => `${Math.floor(us / 1e6)}.${pad(us % 1e6, 6)}`;

export const iputils = (
  words: { bytes: string; from: string; time: string; none: string },
  seq: string,
): Writes => ({
  heading: () => [`PING ${TARGET} (${TARGET}) 56(84) ${words.bytes} of data.`],
  good: (i, { rtt_us }) =>
    `64 ${words.bytes} ${words.from} ${TARGET}: ${seq}=${i + 1} ttl=62 ${words.time}=${ms(rtt_us)} ms`,
  lost: (i) => `${words.none} icmp_seq=${i + 1}`,
  summary: (truth) => {
    const { sent, received, share } = counts(truth);
    const took = ((truth.sends_us.at(-1) as number) - (truth.sends_us[0] as number)) / 1000;
    return [
      '',
      `--- ${TARGET} ping statistics ---`,
      `${sent} packets transmitted, ${received} received, ${share}% packet loss, time ${took.toFixed(0)}ms`,
      'rtt min/avg/max/mdev = 0.333/0.400/0.500/0.010 ms',
    ];
  },
});
export const ENGLISH = { bytes: 'bytes', from: 'from', time: 'time', none: 'no answer yet for' };

export const bsd = (seq: string, lost: Writes['lost'], unit: string): Writes => ({
  heading: () => [`PING ${TARGET} (${TARGET}): 56 data bytes`],
  good: (i, { rtt_us }) => `64 bytes from ${TARGET}: ${seq}=${i} ttl=64 time=${ms(rtt_us)} ms`,
  lost,
  summary: (truth) => {
    const { sent, received, share } = counts(truth);
    return [
      '',
      `--- ${TARGET} ping statistics ---`,
      `${sent} packets transmitted, ${received} ${unit}, ${share}% packet loss`,
    ];
  },
});

interface WindowsWords {
  readonly reply: string;
  readonly lost: string;
  readonly heading: string;
  readonly counts: readonly [string, string, string, string];
}
export const WINDOWS: Readonly<Record<string, WindowsWords>> = {
  en: {
    reply: `Reply from ${TARGET}: bytes=32 time=1ms TTL=62`,
    lost: 'Request timed out.',
    heading: `Pinging ${TARGET} with 32 bytes of data:`,
    counts: ['Ping statistics for', 'Packets: Sent', 'Received', 'Lost'],
  },
  fr: {
    reply: `Réponse de ${TARGET} : octets=32 temps=1 ms TTL=62`,
    lost: 'Délai d’attente de la demande dépassé.',
    heading: `Envoi d’une requête 'Ping'  ${TARGET} avec 32 octets de données :`,
    counts: ['Statistiques Ping pour', 'Paquets : envoyés', 'reçus', 'perdus'],
  },
  de: {
    reply: `Antwort von ${TARGET}: Bytes=32 Zeit=1ms TTL=62`,
    lost: 'Zeitüberschreitung der Anforderung.',
    heading: `Ping wird ausgeführt für ${TARGET} mit 32 Bytes Daten:`,
    counts: ['Ping-Statistik für', 'Pakete: Gesendet', 'Empfangen', 'Verloren'],
  },
  ru: {
    reply: `Ответ от ${TARGET}: число байт=32 время=1мс TTL=62`,
    lost: 'Превышен интервал ожидания для запроса.',
    heading: `Обмен пакетами с ${TARGET} по с 32 байтами данных:`,
    counts: ['Статистика Ping для', 'Пакетов: отправлено', 'получено', 'потеряно'],
  },
};
export const windows = ({ reply, lost, heading, counts: words }: WindowsWords): Writes => ({
  heading: () => ['', heading],
  good: () => reply,
  lost: () => lost,
  summary: (truth) => {
    const { sent, received, share } = counts(truth);
    return [
      '',
      `${words[0]} ${TARGET}:`,
      `    ${words[1]} = ${sent}, ${words[2]} = ${received}, ${words[3]} = ${sent - received} (${share}% loss),`,
    ];
  },
});

export const S = 1_000_000;

/** A SYN or an echo and its answer, each with its time. */
export const packets =
  (
    question: (i: number, at: string) => string,
    answer: (i: number, at: string) => string,
    at: (us: number, from_us: number) => string,
  ) =>
  ({ sends_us, answered, rtt_us }: Truth): Line[] =>
    sends_us.flatMap((sent, i) => {
      const from = sends_us[0] as number;
      return [
        { at_us: sent, text: question(i, at(sent, from)) },
        ...(answered[i] === true ? [{ at_us: sent + rtt_us, text: answer(i, at(sent + rtt_us, from)) }] : []),
      ];
    });

/** All of what a device prints at once, a mark for each. */
export const marks =
  (before: readonly string[], after: (truth: Truth) => readonly string[]) =>
  (truth: Truth): Line[] => {
    const row = truth.answered.map((good) => (good ? '!' : '.')).join('');
    const end = truth.sends_us.at(-1) as number;
    return [...before, ...(row.match(/.{1,70}/g) ?? []), ...after(truth)].map((text) => ({
      at_us: end,
      text,
    }));
  };

export const tool = (
  name: string,
  rest: Omit<Tool, 'name' | 'every_us' | 'wait_us' | 'pauses' | 'timed'> & Partial<Tool>,
): Tool => ({
  every_us: S,
  wait_us: S,
  pauses: false,
  timed: false,
  ...rest,
  name,
});

/** `11/14/2023 10:13:21 PM` */
export const american = (us: number): string => {
  const date = new Date(us / 1000);
  const hour = date.getUTCHours();
  const half = hour < 12 ? 'AM' : 'PM';
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()} ${hour % 12 === 0 ? 12 : hour % 12}:${clock(us).slice(3)} ${half}`;
};
