import { readFileSync } from 'node:fs';

/** The tool's own version, from package.json. */
export const toolVersion = (): string => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
};
