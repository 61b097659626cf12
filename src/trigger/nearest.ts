import { closest, distance } from 'fastest-levenshtein';

/** The candidate that `word` is most likely a misspelling of; null if none is near. */
export const nearest = (word: string, candidates: readonly string[]): string | null => {
  if (candidates.length === 0) return null;
  const best = closest(word, candidates);
  return distance(word, best) <= Math.max(2, Math.floor(word.length / 3)) ? best : null;
};
