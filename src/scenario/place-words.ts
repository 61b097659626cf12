/** Where something is aimed at, in words. */
export const address = (host: string, port: number | null): string => {
  const name = host.includes(':') && port !== null ? `[${host}]` : host;
  return port === null ? name : `${name}:${port}`;
};

export const familyWords = (family: 4 | 6 | null): string => (family === null ? '' : ` over IPv${family}`);
