import type { Causes } from '../analysis/watch.js';
import { sayCount } from '../report/text/format.js';

const WORDS: Readonly<Record<string, string>> = {
  ENETUNREACH: 'no route on this host',
  EHOSTUNREACH: 'host unreachable',
  ENETDOWN: 'network down',
  EHOSTDOWN: 'host down',
};

/** `unresolved:EHOSTUNREACH` in words; null for a probe that was simply not answered. */
const sayCause = (key: string, family: 4 | 6 | null): string | null => {
  if (key === 'lost') return null;
  const [outcome = '', cause = ''] = key.split(':');
  if (outcome === 'unresolved') return family === 6 ? 'no answer to ND' : 'no ARP answer';
  if (outcome === 'lost') return null;
  return WORDS[cause] ?? cause;
};

/**
 * Why probes were not answered, the most frequent reason first: `no ARP answer`, `admin-prohibited (30 of 34)`. Empty
 * where nothing is known but that no answer came.
 */
export const sayCauses = (causes: Causes, family: 4 | 6 | null): string => {
  const counts = new Map<string, number>();
  let total = 0;
  for (const [key, count] of causes) {
    total += count;
    const words = sayCause(key, family);
    if (words !== null) counts.set(words, (counts.get(words) ?? 0) + count);
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([words, count]) =>
      count === total ? words : `${words} (${sayCount(count)} of ${sayCount(total)})`,
    )
    .join(', ');
};
