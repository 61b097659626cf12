import type { Margin } from '../model/comparison.js';
import { EXIT, KnownError } from '../model/error.js';
import { toSeconds } from '../model/time.js';
import { parseDuration } from '../model/duration.js';

const SHARE = /^(\d+(?:\.\d+)?) ?%$/;

const usage = (message: string, cause?: unknown): KnownError =>
  new KnownError(message, {
    remedy: 'for example --margin 10% or --margin 500ms',
    exitCode: EXIT.usage,
    cause,
  });

const durationOf = (text: string): number => {
  try {
    return toSeconds(parseDuration(text));
  } catch (error) {
    if (!(error instanceof KnownError)) throw error;
    throw usage(`--margin: "${text}" is neither a share nor a time`, error);
  }
};

/** `10%` (of the base's median) or `500ms`; `0` needs no unit. Throws KnownError. */
export const parseMargin = (text: string): Margin => {
  if (/^-[.\d]/.test(text)) throw usage(`--margin: "${text}" is negative`);
  if (text === '0') return { kind: 'seconds', value: 0 };
  const share = SHARE.exec(text.trim())?.[1];
  return share === undefined
    ? { kind: 'seconds', value: durationOf(text) }
    : { kind: 'share', value: Number(share) / 100 };
};
