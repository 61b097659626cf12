import type { Role } from '../../../model/event.js';
import {
  link,
  NOTHING,
  peer,
  role,
  roleOf,
  type Naming,
  type ReadLine,
  type Reading,
  type RecordForm,
} from '../form.js';

/** FortiOS 6.2 and older say master and slave. */
export const FORTIOS_WORDS: Readonly<Record<string, Role>> = {
  master: 'active',
  primary: 'active',
  slave: 'standby',
  secondary: 'standby',
};

const FIELD = /(?<![a-z_])([a-z_]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/gi;
const fieldsOf = (line: string): ReadonlyMap<string, string> =>
  new Map(Array.from(line.matchAll(FIELD), ([, key = '', quoted, bare]) => [key, quoted ?? bare ?? '']));

/** The last five digits of a log's number say what it is about, in every version (FortiOS log reference, event, HA). */
const KINDS: Readonly<Record<string, (fields: ReadonlyMap<string, string>) => Reading>> = {
  '37892': (fields) => roleMoved(fields),
  '37893': (fields) => [peer('peer-lost', memberOf(fields))],
  '37894': (fields) => [peer('peer-found', memberOf(fields))],
  '37898': () => [peer('hello-lost')],
  '37901': (fields) => deviceLink(fields, false),
  '37902': (fields) => deviceLink(fields, true),
};

const memberOf = (fields: ReadonlyMap<string, string>): string | null =>
  fields.get('sn') ?? fields.get('hostname') ?? null;

const roleMoved = (fields: ReadonlyMap<string, string>): Reading => {
  const to = roleOf(FORTIOS_WORDS, (fields.get('ha_role') ?? '').toLowerCase());
  if (to === null) return null;
  const who = fields.get('hostname') ?? fields.get('sn') ?? null;
  const group = fields.get('vcluster');
  return [role(to, who, group === undefined ? null : `vcluster ${group}`)];
};

const deviceLink = (fields: ReadonlyMap<string, string>, up: boolean): Reading => {
  const port = fields.get('devintfname') ?? fields.get('intf') ?? fields.get('interface');
  return port === undefined ? null : [link(port, up)];
};

/** Where the number tells nothing: older versions, and lines without one. */
const inWords = (text: string): Reading => {
  if (/lost neighbor information|heartbeats?(?: packets?)? (?:is |are )?lost|lost heartbeat/i.test(text))
    return [peer('hello-lost')];
  if (/member dead|lost (?:ha )?member|member .*\bleft\b/i.test(text)) return [peer('peer-lost')];
  if (/joined ha member|member join|get peer information/i.test(text)) return [peer('peer-found')];
  return null;
};

const ofEvent = (line: string): Reading => {
  const fields = fieldsOf(line);
  if (
    fields.get('subtype') !== 'ha' &&
    !/^(?:Virtual cluster|HA |Heartbeat)/.test(fields.get('logdesc') ?? '')
  )
    return NOTHING;
  const number = (fields.get('logid') ?? fields.get('log_id') ?? '').slice(-5);
  if (Object.hasOwn(KINDS, number)) return KINDS[number]?.(fields) ?? null;
  if (fields.has('ha_role')) return roleMoved(fields);
  const said = inWords(`${fields.get('logdesc') ?? ''} ${fields.get('msg') ?? ''}`);
  // Of synchronisation, of the cluster's configuration.
  return said ?? (/sync|checksum|config/i.test(line) ? NOTHING : null);
};

/** `diagnose sys ha history read`, and the same lines in `get system ha status`. */
const HISTORY = /^\s*<\d{4}[-/]\d\d[-/]\d\d \d\d:\d\d:\d\d>\s*(.*)$/;

const ofHistory = (said: string): Reading => {
  const chosen =
    /^(?:(vcluster-\d+): )?(\S+) is (?:selected|elected) as the (?:cluster )?(?:primary|master)/.exec(said);
  if (chosen !== null) return [role('active', chosen[2] ?? null, chosen[1] ?? null)];
  const lost = /heartbeats? from (\S+) (?:is|are) lost on (all )?hbdev/.exec(said);
  if (lost !== null) return [peer(lost[2] === undefined ? 'hello-lost' : 'peer-lost', lost[1])];
  const joined = /new member '?([^\s']+)'? joins the cluster/.exec(said);
  if (joined !== null) return [peer('peer-found', joined[1])];
  const left = /member '?([^\s']+)'? (?:is lost|leaves|left)/.exec(said);
  if (left !== null) return [peer('peer-lost', left[1])];
  const changed = /(?:port|hbdev) (\S+) link status changed: [01]->([01])/.exec(said);
  if (changed !== null) return [link(changed[1] as string, changed[2] === '1')];
  return /^hatalk (?:started|exited)|^user=|sync|checksum/.test(said) ? NOTHING : null;
};

/** `Primary     : fw-a, FGT40F…, HA cluster index = 1` of `get system ha status`. */
const MEMBER = /^(?:Primary|Secondary|Master|Slave)\s*: *([^\s,]+), *([^\s,]+), .*cluster index/;

const namesIn = (line: string): readonly Naming[] => {
  const member = MEMBER.exec(line);
  if (member !== null) return [{ name: member[2] ?? '', is: { called: member[1] ?? '' } }];
  const said = HISTORY.exec(line)?.[1];
  if (said !== undefined) {
    const other = /heartbeats? from (\S+) (?:is|are) lost|new member '?([^\s']+)'? joins/.exec(said);
    const chosen = /^(?:vcluster-\d+: )?(\S+) is (?:se|e)lected as/.exec(said);
    const name = other?.[1] ?? other?.[2];
    return [
      ...(name === undefined ? [] : [{ name, is: 'peer' } as const]),
      ...(chosen === null ? [] : [{ name: chosen[1] ?? '', is: 'member' } as const]),
    ];
  }
  const [id, host] = [/\b(?:devid|sn)="?([^"\s]+)/, /\b(?:devname|hostname)="?([^"\s]+)/].map(
    (pattern) => pattern.exec(line)?.[1],
  );
  return id === undefined || host === undefined ? [] : [{ name: id, is: { called: host } }];
};

const read: ReadLine = ({ text }) => {
  const history = HISTORY.exec(text)?.[1];
  return history === undefined ? ofEvent(text) : ofHistory(history);
};

const DATE = /\bdate="?(\d{4}-\d\d-\d\d)"?,? time="?(\d\d:\d\d:\d\d)"?/;
const ZONE = /\btz="?([+-]\d\d):?(\d\d)"?/;
/** Since FortiOS 6.2 in nanoseconds, in 6.0 in seconds. */
const EVENT_TIME = /\beventtime="?(\d{10})(\d{9})?"?(?!\d)/;

export const fortios: RecordForm = {
  name: 'FortiOS event log',
  example: 'date=2026-11-30 time=07:00:00 logid="0108037892" type="event" subtype="ha" ha_role="primary" …',
  knows: (line) =>
    (line.includes('date=') && DATE.test(line)) ||
    (line.trimStart().startsWith('<2') && HISTORY.test(line)) ||
    (line.includes('cluster index') && MEMBER.test(line)) ||
    (line.includes('subtype=') && /\ssubtype="?ha"?\s/.test(line)),
  plain: (line) => {
    const since = EVENT_TIME.exec(line);
    if (since !== null) {
      const [, second = '', part] = since;
      return part === undefined
        ? `${new Date(Number(second) * 1000).toISOString().slice(0, 19)}Z ${line}`
        : `${second}.${part} ${line}`;
    }
    const date = DATE.exec(line);
    if (date === null) return line;
    const zone = ZONE.exec(line);
    return `${date[1] ?? ''} ${date[2] ?? ''}${zone === null ? '' : ` ${zone[1] ?? ''}${zone[2] ?? ''}`} ${line}`;
  },
  names: namesIn,
  writer: (line) => /\bdevname="?([^"\s]+)/.exec(line)?.[1] ?? null,
  open: () => read,
};
