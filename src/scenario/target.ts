import { isIP, isIPv6 } from 'node:net';
import { type Problem, problem, unknownName } from '../yaml/problem.js';
import { type Item, textAt } from '../yaml/raw.js';

export interface Target {
  readonly host: string;
  readonly port: number | null;
}

/** RFC 1123 §2.1 names, an underscore allowed as found in the field; never a leading `-` (an option to ssh). */
const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?)*\.?$/i;

/** A host name, an IPv4 address or an IPv6 address (with a zone where it has one: `fe80::1%eth0`). */
export const isHost = (text: string): boolean => {
  if (isIP(text) !== 0) return true;
  // `10.4.4` and `10.4.4.400` are mistyped addresses, not names.
  return HOST_NAME.test(text) && !/^[\d.]+$/.test(text);
};

const FORMS = '10.4.4.4, 10.4.4.4:80, [fd00::4]:80 or host.name:80';

const split = (text: string): readonly [string, string | null] => {
  const bracketed = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracketed) return [bracketed[1] ?? '', bracketed[2] ?? null];
  if (isIPv6(text)) return [text, null];
  const colon = text.lastIndexOf(':');
  return colon === -1 ? [text, null] : [text.slice(0, colon), text.slice(colon + 1)];
};

/** Whether what is aimed at needs a port, takes none, or falls back to a number. */
export type Port = 'needed' | 'none' | number;

/**
 * Reads what a stream or session is aimed at. Returns the target, or in words what is wrong with it (never with a part of the text
 * alone: a part of a secret would not be recognised as one).
 */
export const parseTarget = (text: string, port: Port): Target | string => {
  if (text.trim() === '') return 'the target is empty; only what the scenario names is probed';
  const [host, portText] = split(text);
  if (!isHost(host) || (portText !== null && !/^\d*$/.test(portText)))
    return `"${text}" is not a target; write it like ${FORMS}`;
  if (text.startsWith('[') && !isIPv6(host)) return `"${text}": brackets are for IPv6 addresses`;
  if (portText === null) {
    if (port === 'needed') return `"${text}" has no port; write ${isIPv6(host) ? `[${host}]` : host}:80`;
    return { host, port: port === 'none' ? null : port };
  }
  if (port === 'none') return `"${text}" has a port, which ICMP does not know; leave it out`;
  if (portText === '' || Number(portText) < 1 || Number(portText) > 65_535)
    return `"${text}" has no valid port (1 to 65535)`;
  return { host, port: Number(portText) };
};

/** The same for a target that was checked. */
export const targetOf = (text: string, port: Port): Target => {
  const target = parseTarget(text, port);
  if (typeof target === 'string') throw new Error(target);
  return target;
};

/** Of a target that has one. */
export const portOf = ({ host, port }: Target): number => {
  if (port === null) throw new Error(`no port: ${host}`);
  return port;
};

/** 4 or 6 for an address, null for a name. */
export const familyOf = (host: string): 4 | 6 | null => {
  const family = isIP(host);
  return family === 4 || family === 6 ? family : null;
};

/** What stands in `from`, `to` and `family` of a stream or session. */
export const endpoints = (item: Item, vantages: readonly string[], port: Port): Problem[] => {
  const problems: Problem[] = [];
  const from = textAt(item.value, 'from');
  if (from !== null && from !== '' && !vantages.includes(from))
    problems.push(problem([...item.path, 'from'], unknownName(from, 'a vantage', vantages)));
  const to = textAt(item.value, 'to');
  if (to === null) return problems;
  const target = parseTarget(to, port);
  if (typeof target === 'string') return [...problems, problem([...item.path, 'to'], target)];
  const wanted = textAt(item.value, 'family');
  const actual = familyOf(target.host);
  if (actual !== null && (wanted === '4' || wanted === '6') && Number(wanted) !== actual)
    problems.push(
      problem([...item.path, 'family'], `is ${wanted}, but the target is an IPv${actual} address`),
    );
  return problems;
};

/* Where something is aimed at, and how many there are, in words. */

export const address = (host: string, port: number | null): string => {
  const name = host.includes(':') && port !== null ? `[${host}]` : host;
  return port === null ? name : `${name}:${port}`;
};

export const familyWords = (family: 4 | 6 | null): string => (family === null ? '' : ` over IPv${family}`);

export const plural = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`;
