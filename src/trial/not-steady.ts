import type { LiveStream } from '../probe/protocol.js';

const WORDS: Readonly<Record<string, string>> = {
  'port-unreachable': 'nobody listens there',
  'not-stamp': 'what answers is no STAMP',
};

const sayCause = (cause: string): string => {
  const words = WORDS[cause];
  return words === undefined ? cause : `${words} (${cause})`;
};

/** `stream udp never answered: nobody listens there (port-unreachable)`; every cause once. */
export const sayNotSteady = (streams: readonly LiveStream[], what: string): string => {
  const names = streams.length === 0 ? '(none)' : streams.map(({ name }) => name).join(', ');
  const causes = new Set(streams.flatMap(({ cause }) => (cause === null ? [] : [sayCause(cause)])));
  const why = causes.size === 0 ? '' : `: ${[...causes].join(', ')}`;
  return `stream ${names} ${what}${why}`;
};
