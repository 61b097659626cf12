import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { isAlias, isMap, isNode, isScalar, visit, YAMLMap, type Document, type Scalar } from 'yaml';
import * as z from 'zod';
import { hasCode } from '../model/error.js';
import { jsonOf } from '../model/json.js';
import { brief } from '../model/outside.js';
import { type Problem, problem, unknownName } from '../yaml/problem.js';
import { pathFrom } from '../yaml/reference.js';
import type { Source } from '../yaml/source.js';
import { isHost } from './target.js';

/*
 * `nodes: { from: inventory.yml#group, … }`, and `vantages` so: the hosts of a group of an Ansible inventory, of whatever
 * kind that is, as `ansible-inventory` says. They are put into the tree in its place before anything else is looked at, and
 * lie where `from` does; so nothing but this file knows of inventories.
 */

const PROGRAM = 'ansible-inventory';
/** A plugin may ask a cloud. */
const PATIENCE_MS = 60_000;
/** Ten thousand hosts with a hundred variables each. */
const MOST_OCTETS = 64 << 20;

/** `ansible-inventory --list`. */
const listing = z
  .object({
    _meta: z.object({ hostvars: z.record(z.string(), z.record(z.string(), z.unknown())).default({}) }),
  })
  .catchall(z.object({ hosts: z.array(z.string()).default([]), children: z.array(z.string()).default([]) }));

type Listing = z.output<typeof listing>;
type Variables = Readonly<Record<string, unknown>>;

/** Why an inventory cannot stand there, in words. */
class Refused extends Error {}

/** @param path of a file, a folder or a script */
const askAnsible = (path: string, patience_ms: number): Listing => {
  if (!existsSync(path)) throw new Refused(`there is no ${path}`);
  const { error, status, stdout, stderr } = spawnSync(PROGRAM, ['--inventory', path, '--list'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: patience_ms,
    killSignal: 'SIGKILL',
    maxBuffer: MOST_OCTETS,
    // It refuses to work where the locale is not UTF-8, and takes what it cannot read for an empty inventory.
    env: {
      ...process.env,
      LC_ALL: 'C.UTF-8',
      ANSIBLE_NOCOLOR: '1',
      ANSIBLE_INVENTORY_UNPARSED_FAILED: 'true',
    },
  });
  if (hasCode(error, 'ENOENT'))
    throw new Refused(
      `needs ${PROGRAM}, which is not on this host; install ansible-core, or write the hosts here`,
    );
  if (hasCode(error, 'ETIMEDOUT'))
    throw new Refused(`${PROGRAM} gave no answer within ${patience_ms / 1000} s`);
  if (hasCode(error, 'ENOBUFS')) throw new Refused(`${PROGRAM} says more than ${MOST_OCTETS >> 20} MiB`);
  if (error !== undefined || status !== 0) {
    const said = stderr.split('\n').findLast((line) => line.startsWith('ERROR')) ?? stderr;
    throw new Refused(
      `${PROGRAM} cannot read it: ${brief(error?.message ?? said) || `it ended with code ${status}`}`,
    );
  }
  const said = listing.safeParse(jsonOf(stdout));
  if (!said.success) throw new Refused(`${PROGRAM} said something that is no inventory`);
  return said.data;
};

/** Hosts of a group and of its children, each once. */
const hostsOf = (groups: Listing, name: string, seen = new Set<string>()): string[] => {
  const group = Object.hasOwn(groups, name) ? groups[name] : undefined;
  if (group === undefined || seen.has(name)) return [];
  seen.add(name);
  const { hosts, children } = group;
  return [...new Set([...hosts, ...children.flatMap((child) => hostsOf(groups, child, seen))])];
};

/** `FW-A1.example.net` → `fw-a1`; an address keeps its figures. */
const slugOf = (host: string): string =>
  (/^[\d.:]+$/.test(host) ? host : (host.split('.')[0] ?? host))
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '-')
    .slice(0, 40);

/** A variable under the name that it has, or that it had before Ansible 2. */
const variable = (vars: Variables, name: string): string | null => {
  const value = vars[`ansible_${name}`] ?? vars[`ansible_ssh_${name}`];
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  if (String(value).includes('{{'))
    throw new Refused(`its ansible_${name} is a template, which only Ansible fills`);
  return String(value);
};

const addressOf = (host: string, vars: Variables): string => {
  const written = variable(vars, 'host');
  if (written !== null) return written;
  // A bare name may be anybody's.
  if (!isHost(host) || !/[.:]/.test(host)) throw new Refused('it has no ansible_host');
  return host;
};

/** Ways over other hosts: whoever took the address alone might reach another device. */
const WAY = /\bProxy(?:Jump|Command)\b|(?:^|\s)-[JW]/i;

const requireWay = (vars: Variables, hasJump: boolean): void => {
  const args = ['args', 'common_args', 'extra_args'].map((name) => vars[`ansible_ssh_${name}`]);
  if (!hasJump && args.some((text) => typeof text === 'string' && WAY.test(text)))
    throw new Refused(
      'it is reached by way of another (ansible_ssh_common_args), which is not read; give ssh.jump beside from, or set it in ssh’s configuration',
    );
};

const loginOf = (host: string, vars: Variables): Record<string, string> => {
  const [port, user, key] = ['port', 'user', 'private_key_file'].map((name) => variable(vars, name));
  return {
    host: addressOf(host, vars),
    ...(port === null || port === undefined ? {} : { port }),
    ...(user === null || user === undefined ? {} : { user }),
    ...(key === null || key === undefined ? {} : { key }),
  };
};

/** As it would have been written. */
type Written = { readonly [key: string]: string | Written };

interface Section {
  /** Keys beside `from` that are those of every host; null: all are. */
  readonly common: readonly string[] | null;
  /** How many hosts there have to be. */
  readonly hosts: number | null;
  /** What an inventory says of a host; `given`: keys that are written beside `from`, or for the host. */
  place(host: string, vars: Variables, given: YAMLMap): Written;
}

const nodes: Section = {
  common: null,
  hosts: 2,
  /** By SSH, unless only an API is given: then that is at the host. */
  place: (host, vars, given) => {
    if (given.has('ssh') || !given.has('http')) return { ssh: loginOf(host, vars) };
    const address = addressOf(host, vars);
    return { http: { url: `https://${isIPv6(address) ? `[${address}]` : address}` } };
  },
};

const BY_SSH = /^(?:ansible\.\w+\.)?(?:ssh|smart|paramiko(?:_ssh)?|libssh)$/;

const vantages: Section = {
  common: ['ssh', 'agent', 'push', 'ping', 'reflect'],
  hosts: null,
  place: (host, vars) => {
    const connection = variable(vars, 'connection') ?? 'ssh';
    if (!BY_SSH.test(connection)) throw new Refused(`it is reached by ${brief(connection)}, not by ssh`);
    return { ssh: loginOf(host, vars) };
  },
};

const SECTIONS: Readonly<Record<string, Section>> = { nodes, vantages };

/** What `over` says goes before what `under` says, in the mappings of both likewise. Neither is changed. */
const merged = (under: YAMLMap, over: YAMLMap): YAMLMap => {
  const all = under.clone() as YAMLMap;
  for (const { key, value } of over.items) {
    const known = all.get(key, true);
    if (isMap(known) && isMap(value)) all.set(key, merged(known, value));
    else all.set(key, isNode(value) ? value.clone() : value);
  }
  return all;
};

/** Numbers and booleans as text, since that is how a scenario is read. */
const asText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asText);
  if (typeof value === 'object' && value !== null)
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, asText(inner)]));
  return String(value);
};

const mapOf = (document: Document, value: unknown): YAMLMap => {
  const made = document.createNode(asText(value));
  if (!isMap(made)) throw new Refused(`its variable ${OWN} is no mapping`);
  return made;
};

/** The variable of a host that holds keys of its own. */
const OWN = 'seqgap';

/** The mapping with every host in it. Throws `Refused`. */
const filled = (
  { document, file }: Source,
  written: YAMLMap,
  from: string,
  section: Section,
  patience_ms: number,
): YAMLMap => {
  const { common, hosts: wanted } = section;
  const [, path, group] = /^([^#]+)#([^#]+)$/.exec(from) ?? [];
  if (path === undefined || group === undefined || from.includes('${'))
    throw new Refused(
      `"${from}" is not the file of an inventory and a group of it, such as inventory.yml#fw`,
    );
  const said = askAnsible(pathFrom(file, path), patience_ms);
  const groups = Object.keys(said).filter((name) => name !== '_meta');
  if (!groups.includes(group)) throw new Refused(unknownName(group, `a group of ${path}`, groups));
  const hosts = hostsOf(said, group);
  if (wanted === null ? hosts.length === 0 : hosts.length !== wanted) {
    const names = hosts.length === 0 ? '' : ` (${brief(hosts.join(', '))})`;
    throw new Refused(
      `group ${group} of ${path} has ${hosts.length} hosts${names}${wanted === null ? '' : `; a pair has ${wanted}`}`,
    );
  }
  const isCommon = (key: unknown): boolean => common === null || common.includes(String(key));
  const [template, all] = [new YAMLMap(), new YAMLMap()];
  for (const pair of written.items) {
    const key = isScalar(pair.key) ? pair.key.value : pair.key;
    if (key !== 'from') (isCommon(key) ? template : all).items.push(pair);
  }
  for (const host of hosts) {
    const name = slugOf(host);
    if (all.has(name))
      throw new Refused(`host ${host} of ${path} would be "${name}", as something else here is`);
    const vars = said._meta.hostvars[host] ?? {};
    try {
      const given = merged(template, mapOf(document, vars[OWN] ?? {}));
      const ssh = given.get('ssh');
      requireWay(vars, isMap(ssh) && ssh.has('jump'));
      all.set(document.createNode(name), merged(mapOf(document, section.place(host, vars, given)), given));
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      throw new Refused(`host ${host} of ${path}: ${error.message}`);
    }
  }
  return all;
};

const scalarAt = (map: YAMLMap, key: string): Scalar<string> | null => {
  const found = map.get(key, true);
  return isScalar(found) && typeof found.value === 'string' ? (found as Scalar<string>) : null;
};

/** Puts hosts of inventories into the tree. @returns what cannot be, each where its `from` stands */
export const fillFromInventories = (source: Source, patience_ms = PATIENCE_MS): Problem[] => {
  const { document } = source;
  if (!isMap(document.contents)) return [];
  const root = document.contents;
  return Object.entries(SECTIONS).flatMap(([name, section]): Problem[] => {
    const found = root.get(name, true);
    const written = isAlias(found) ? found.resolve(document) : found;
    const from = isMap(written) ? scalarAt(written, 'from') : null;
    if (!isMap(written) || from === null) return [];
    try {
      const map = filled(source, written, from.value, section, patience_ms);
      const { range } = from;
      visit(map, (_key, node) => {
        if (isNode(node) && range) node.range ??= range;
      });
      root.set(name, map);
      return [];
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return [problem([name, 'from'], error.message)];
    }
  });
};
