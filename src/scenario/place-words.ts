/* Where something is aimed at, and how many there are, in words. */

export const address = (host: string, port: number | null): string => {
  const name = host.includes(':') && port !== null ? `[${host}]` : host;
  return port === null ? name : `${name}:${port}`;
};

export const familyWords = (family: 4 | 6 | null): string => (family === null ? '' : ` over IPv${family}`);

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
