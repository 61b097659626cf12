// Does `seqgap explain` say what was true? Trials of the labs with random delays, told of only by what a user has: the run
// itself, HA logs, a cloud's activity log, captures; each source is withheld in turn. The lab's own account (transitions.jsonl,
// truth.jsonl) is held against what is said, and never given.
//
//     node bench/explain.mjs FOLDER [trials, 64] [seed, 1] [series, all]
//
// Runs that FOLDER has already are judged again and not made again. Needs root, what the labs need, and: npm run build,
// npm run modules.
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parse } from 'yaml';
import { seededRandom } from '../build/analysis/statistics/random.js';
import { readTransitions } from '../build/lab/ground/transitions.js';
import { readTruth, truthOutage } from '../build/lab/witness/truth.js';

const [folder, trials = '64', seed = '1', only] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node bench/explain.mjs FOLDER [trials] [seed] [series]');
const random = seededRandom(Number(seed));
const execute = promisify(execFile);
/** Dozens of reports are more than is piped by default. */
const seqgap = (...args) =>
  execute(process.execPath, ['dist/cli.js', ...args], { maxBuffer: 1e9 }).catch((error) => error);

/** An anchor has whole milliseconds, and takes a moment to be read. */
const ANCHOR_S = 0.003;
/** The witness sends as often. */
const WITNESS_S = 0.002;
/** From one probe of a series to the next, at most, where it does not say. */
const EVERY_S = 0.05;
/** Two links that differ by less than a probe or two are equally long. */
const ALIKE_S = 0.05;
/** A step that lies in a link of so much of the outage has to be missed in words. */
const WORTH = 0.15;

const between = (least, most) => least + (most - least) * random();
const peerOf = (node) => (node === 'fw-a' ? 'fw-b' : 'fw-a');
const NODES = ['fw-a', 'fw-b'];

// ---- the scenarios

const power = { power: { driver: 'lab' } };
const loggedIn = (driver) => ({
  'fw-a': { driver, ssh: { host: '10.4.0.11', user: 'root' }, ...power },
  'fw-b': { driver, ssh: { host: '10.4.0.12', user: 'root' }, ...power },
});
const ROLES = { name: 'roles', driver: 'role', every: '200ms' };
const WIRE = { name: 'wire', driver: 'capture', from: 'client', interface: 'trust' };
const PING = { name: 'ping', type: 'icmp', from: 'client', to: '10.4.4.4', every: '20ms', timeout: '3s' };
const common = { vantages: { client: { netns: 'client' } }, trigger: { node: 'active', action: 'crash' } };
const trial = (repeat) => ({
  trial: {
    ...{ repeat, steady: '3s', recovered: '3s', 'give-up': '60s', failback: 'none' },
    'cool-down': '500ms',
  },
});

const cloudIp = (heartbeat, missed) => ({
  lab: {
    ...{ design: 'cloud-ip', heartbeat, missed, poll: '100ms', boot: '6s' },
    ...{ detach: '200ms to 4s', attach: '200ms to 4s', routes: '100ms to 4s', promotion: '100ms to 4s' },
  },
  nodes: loggedIn('lab-cloud-ip'),
  streams: [PING],
  observe: [ROLES, WIRE],
});

const vrrp = (advert) => ({
  lab: { design: 'vrrp', advert, boot: '4s' },
  nodes: loggedIn('keepalived'),
  streams: [PING],
  observe: [ROLES, WIRE],
});

const dns = {
  lab: { design: 'dns', ttl: '3s', monitor: '300ms', missed: 3, boot: '2s', update: '200ms to 4s' },
  nodes: loggedIn('lab-gateway'),
  streams: [
    {
      ...{ name: 'fresh', type: 'http', from: 'client', to: 'service.lab.test', resolve: 'each' },
      ...{ resolver: '10.4.3.53', every: '50ms' },
    },
  ],
  observe: [
    ROLES,
    { name: 'record', driver: 'dns', record: 'service.lab.test', resolver: '10.4.0.53', every: '100ms' },
  ],
  phases: [
    { name: 'detection', until: { node: 'other', role: 'transitioning' } },
    { name: 'boot', until: { node: 'other', role: 'active' } },
    { name: 'record', until: { observer: 'record', is: '/^10[.]4[.]3[.]1[12]$/' } },
    { name: 'caches', until: 'traffic' },
  ],
};

const web = { driver: 'lab-lb', http: { url: 'http://10.4.0.30' }, ...power };
const lb = {
  lab: { design: 'lb', probe: '300ms', threshold: 3, existing: 'rebalance', boot: '5s' },
  nodes: { 'fw-a': web, 'fw-b': web },
  streams: [{ ...PING, name: 'existing', flows: 16, every: '50ms' }],
  trigger: { node: 'fw-a', action: 'crash' },
  observe: [ROLES],
  phases: [
    { name: 'detection', until: { node: 'acted', role: 'faulted' } },
    { name: 'data plane', until: 'traffic' },
  ],
};

/** At the length of the field: minutes, with the observers and phases of the file. */
const slow = parse(await readFile('scenarios/lab/cloud-ip-slow.yaml', 'utf8'));

/** Each with its share of the trials, and the form in which its HA software logs. */
const ALL = [
  { name: 'cloud-ip-1', share: 15, scenario: cloudIp('200ms', 3), logs: 'keepalived' },
  { name: 'cloud-ip-2', share: 15, scenario: cloudIp('500ms', 4), logs: 'panos' },
  { name: 'cloud-ip-3', share: 8, scenario: cloudIp('1s', 4), logs: 'panos-cli' },
  { name: 'vrrp-1', share: 6, scenario: vrrp('1s'), logs: null, witness: true },
  { name: 'vrrp-2', share: 4, scenario: vrrp('300ms'), logs: null, witness: true },
  { name: 'dns', share: 8, scenario: dns, logs: null },
  { name: 'lb', share: 4, scenario: lb, logs: null },
  { name: slow.name, share: 4, scenario: slow, logs: 'panos', every_s: 0.2 },
];
const SHARES = ALL.reduce((sum, { share }) => sum + share, 0);
const SERIES = ALL.filter(({ name }) => only === undefined || name === only);

const run = async ({ name, share, scenario, witness }) => {
  const parent = join(folder, name);
  if (existsSync(join(parent, 'latest', 'report.html'))) return join(parent, 'latest');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${name}.yaml`);
  const repeat = Math.max(1, Math.round((share * Number(trials)) / SHARES));
  const course = { ...trial(repeat).trial, ...scenario.trial, repeat };
  await writeFile(file, JSON.stringify({ name, ...common, ...scenario, trial: course }));
  const given = ['run', file, '--yes', '--out', folder, ...(witness === true ? ['--witness'] : [])];
  const { stderr = '' } = await seqgap(...given);
  if (!existsSync(join(parent, 'latest', 'report.html'))) throw new Error(`${name}: ${stderr}`);
  return join(parent, 'latest');
};

// ---- what devices and clouds write down, by clocks of their own

const two = (value) => String(value).padStart(2, '0');
const dated = (ms) => {
  const at = new Date(ms);
  const day = [at.getUTCFullYear(), two(at.getUTCMonth() + 1), two(at.getUTCDate())].join('/');
  return `${day} ${[at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':')}`;
};

const STATES = { passive: 'Passive', active: 'Active', suspended: 'Suspended' };
const SAID = {
  keepalived: (role) =>
    ({
      'taking-over': '(VI_1) Receive advertisement timeout',
      active: '(VI_1) Entering MASTER STATE',
      passive: '(VI_1) Entering BACKUP STATE',
    })[role],
  panos: (role) =>
    role === 'taking-over'
      ? 'HA Group 1: All HA1 connections down'
      : `HA Group 1: Moved from state Initial to state ${STATES[role]}`,
};

/** A line in each form; `panos-cli` has whole seconds of a zone that is not written. */
const LINES = {
  keepalived: (ms, node, role) =>
    `${new Date(ms).toISOString()} ${node} Keepalived_vrrp[712]: ${SAID.keepalived(role)}`,
  panos: (ms, node, role) =>
    `1,${dated(ms)},007000016479,SYSTEM,ha,0,${dated(ms)},,state-change,,0,0,ha,critical,"${SAID.panos(role)}",` +
    `216,0x8000000000000000,0,0,0,0,,${node},0,0,${new Date(ms).toISOString().replace('Z', '+00:00')}`,
  'panos-cli': (ms, _node, role) =>
    `${dated(ms + 3_600_000)} critical ha      state-c        0  ${SAID.panos(role)}`,
};

const haLog = (node, form, truth) => {
  const ahead_ms = between(-5000, 5000);
  return truth
    .filter(({ what, subject, value }) => what === 'role' && subject === node && SAID.keepalived(value))
    .map(({ before, value }) => `${LINES[form](before * 1000 + ahead_ms, node, value)}\n`)
    .join('');
};

const STATUS = { accepted: 'Accepted', done: 'Succeeded', failed: 'Failed' };
/** A cloud keeps good time, and nobody can say how good. */
const CLOUD_MS = 200;
const SAID_OF_CLOUD = '0s±250ms';

const activityLog = (truth) => {
  const ahead_ms = between(-CLOUD_MS, CLOUD_MS);
  return JSON.stringify(
    truth
      .filter(({ what }) => what === 'operation')
      .map(({ subject, value, before }) => ({
        eventTimestamp: new Date(before * 1000 + ahead_ms).toISOString(),
        operationName: { value: 'Microsoft.Network/networkInterfaces/write' },
        resourceId: `/subscriptions/0/resourceGroups/lab/providers/Microsoft.Network/networkInterfaces/${subject}`,
        status: { value: STATUS[value.split(' ')[1]] },
      })),
  );
};

const TRAIL = { role: 'StartInstances', record: 'ChangeResourceRecordSets' };
const cloudTrail = (truth) => {
  const ahead_ms = between(-CLOUD_MS, CLOUD_MS);
  return JSON.stringify({
    Records: truth
      .filter(({ what, value }) => what === 'record' || (what === 'role' && value === 'transitioning'))
      .map(({ what, subject, after }) => ({
        // To the second, as CloudTrail has it.
        eventTime: `${new Date(after * 1000 + ahead_ms).toISOString().slice(0, 19)}Z`,
        eventName: TRAIL[what],
        eventSource: what === 'record' ? 'route53.amazonaws.com' : 'ec2.amazonaws.com',
        requestParameters: what === 'record' ? { hostedZoneId: 'Z01' } : { instanceId: subject },
      })),
  });
};

/** What a user would bring, by the name of what is withheld without it. */
const brought = async ({ name, logs }, truth) => {
  const write = async (file, text) => {
    const path = join(folder, `${name}-${file}`);
    await writeFile(path, text);
    return path;
  };
  const own = {};
  if (logs !== null) {
    const files = await Promise.all(
      NODES.map(async (node) => ['--log', `${node}=${await write(`${node}.log`, haLog(node, logs, truth))}`]),
    );
    own['HA log'] = files.flat();
    const activity = await write('activity.json', activityLog(truth));
    own['activity log'] = ['--activity', activity, '--clock', `Azure=${SAID_OF_CLOUD}`];
  }
  if (name === 'dns') {
    const trail = await write('trail.json', cloudTrail(truth));
    own['activity log'] = ['--activity', trail, '--clock', `AWS=${SAID_OF_CLOUD}`];
  }
  return own;
};

// ---- what is withheld

const linesOf = async (path) => (await readFile(path, 'utf8')).split('\n').filter(Boolean);

/** The run as a user would have it; the device's own stamps are the truth of the lab vrrp, and withheld always. */
const copyOf = async (path, { name }, without) => {
  const copy = join(folder, `${name}-copy`);
  await rm(copy, { recursive: true, force: true });
  await cp(path, copy, { recursive: true, dereference: true });
  for (const file of ['transitions.jsonl', 'truth.jsonl']) await rm(join(copy, file), { force: true });
  if (without.includes('HA log')) await rm(join(copy, 'history'), { recursive: true, force: true });
  if (without.includes('capture')) await rm(join(copy, 'captures'), { recursive: true, force: true });
  for (const each of (await readdir(copy)).filter((file) => /^trial-\d+$/.test(file))) {
    const file = join(copy, each, 'events.jsonl');
    const kept = (await linesOf(file)).filter((line) => {
      const { event, observer } = JSON.parse(line);
      return event !== 'device-time' && !without.includes(observer);
    });
    await writeFile(file, `${kept.join('\n')}\n`);
  }
  return copy;
};

// ---- what was true

/** Of a trial: when it lost its first packet, and who was acted on. */
const factsOf = async (path, { trial: number, node, happenings }) => {
  const folderOf = join(path, `trial-${String(number).padStart(2, '0')}`);
  const events = (await linesOf(join(folderOf, 'events.jsonl'))).map((line) => JSON.parse(line));
  const anchor = events.find(({ event }) => event === 'anchor');
  const issued = events.find(({ event }) => event === 'trigger-issued');
  const epoch = anchor.wall_ms / 1e3 + (issued.at_ns - anchor.at_ns) / 1e9;
  // It is told how long before the loss the trigger was.
  const { lo_s } = happenings.find(({ kind }) => kind === 'trigger');
  return { loss: epoch - lo_s, events, acted: node, other: peerOf(node) };
};

const last = (found) =>
  found.length === 0
    ? null
    : {
        after: Math.max(...found.map((each) => each.after)),
        before: Math.max(...found.map((each) => each.before)),
      };
const earliest = (found) =>
  found.length === 0
    ? null
    : {
        after: Math.min(...found.map((each) => each.after)),
        before: Math.min(...found.map((each) => each.before)),
      };

/** By the stage or the name of a link: when it truly ended. What the lab does not tell is left out. */
const truthOf = (outage, facts, all, gaps) => {
  const { loss, other, acted, events } = facts;
  const until = loss + (outage.outage_hi_s ?? 60) + 2;
  const within = all.filter(({ before, after }) => before >= loss - 1 && after <= until);
  const of = (what, subject, value) =>
    within.filter(
      (each) =>
        each.what === what && (subject === null || each.subject === subject) && value.test(each.value),
    );
  const known = {
    detection: earliest([
      ...of('role', other, /^(taking-over|transitioning)$/),
      ...of('health', acted, /^unhealthy$/),
    ]),
    decision: earliest([...of('operation', null, /accepted$/), ...of('role', other, /^transitioning$/)]),
    detach: last(of('operation', null, /^detach done$/)),
    attach: last(of('operation', null, /^attach done$/)),
    promotion: earliest(of('role', other, /^active$/)),
    record: earliest(of('record', null, /./)),
  };
  const hops = of('next-hop', null, new RegExp(`^${other}$`));
  const traffic =
    hops.length === 0 ? null : last([...hops, ...(known.promotion === null ? [] : [known.promotion])]);
  const stamped = events
    .filter(({ event, subject, value }) => event === 'device-time' && subject === other && value === 'active')
    .map(({ wall_ms }) => wall_ms / 1e3)
    .find((at) => at >= loss - 1 && at <= until);
  const seen = truthOutage(gaps, { family: 4, from: loss - 0.5, to: loss + 0.5 });
  if (stamped !== undefined && known.promotion === null) {
    // keepalived declares its peer dead, takes the role and announces its addresses in one go.
    known.detection = { after: stamped - 0.05, before: stamped };
    known.promotion = { after: stamped, before: stamped };
    known.announcement = known.neighbours = { after: stamped, before: stamped + 0.2 };
  }
  return {
    ...known,
    boot: known.promotion,
    traffic:
      traffic ??
      (seen === null
        ? { after: loss + outage.outage_lo_s, before: loss + outage.outage_hi_s }
        : { after: seen.end - WITNESS_S, before: seen.end }),
  };
};

const endOf = (link, index, links, truth) =>
  index === links.length - 1 ? truth.traffic : (truth[link.stage ?? ''] ?? truth[link.name] ?? null);

// ---- judging

const WHAT = {
  detection: 'when the peer was declared dead',
  decision: "when the cloud's API took the first order",
  detach: 'when the addresses were taken from the old node',
  attach: 'when the new node had the addresses',
  promotion: 'when another node was active',
  announcement: 'when the address was announced',
};

const newTally = () => ({
  outages: 0,
  named: 0,
  right: 0,
  open: 0,
  ends: [0, 0],
  lengths: [0, 0],
  missed: [0, 0],
});
const count = (pair, good) => {
  pair[1] += 1;
  if (good) pair[0] += 1;
};

const judge = (outage, truth, { loss, every_s = EVERY_S }, tally, full, said, complain) => {
  tally.outages += 1;
  const links = outage.links.filter((link, index, all) => link.ends !== null || index === all.length - 1);
  // The first packet that was lost came at most so much later than the loss.
  let from = { after: loss - every_s, before: loss + every_s };
  const lengths = links.map((link, index) => {
    const end = endOf(link, index, links, truth);
    if (end === null) return null;
    if (link.ends !== null && index < links.length - 1) {
      const { lo_s, hi_s } = link.ends;
      const good =
        end.before >= loss + (lo_s ?? -Infinity) - ANCHOR_S &&
        end.after <= loss + (hi_s ?? Infinity) + ANCHOR_S;
      count(tally.ends, good);
      if (!good) complain('end', link, { from: end.after - loss, to: end.before - loss });
    }
    const cut = { after: Math.max(from.after, end.after), before: Math.max(from.before, end.before) };
    const length = { lo: Math.max(0, cut.after - from.before), hi: cut.before - from.after };
    const good = length.hi >= link.lo_s - ANCHOR_S && length.lo <= (link.hi_s ?? Infinity) + ANCHOR_S;
    count(tally.lengths, good);
    if (!good) complain('length', link, length);
    from = cut;
    return (length.lo + length.hi) / 2;
  });
  if (outage.longest.length === 1) {
    const at = links.findIndex(({ name }) => name === outage.longest[0]);
    if (!lengths.includes(null)) {
      tally.named += 1;
      const good = (lengths[at] ?? -1) >= Math.max(...lengths) - ALIKE_S;
      if (good) tally.right += 1;
      else complain('longest', links[at], Object.fromEntries(links.map(({ name }, i) => [name, lengths[i]])));
    }
  } else tally.open += 1;
  if (full === null) return;
  // What all sources together told, and these do not: it has to be missed where its link is worth it.
  const told = new Set(links.map(({ stage }) => stage));
  for (const { stage, ends } of full.links) {
    if (ends === null || stage === null || told.has(stage) || WHAT[stage] === undefined) continue;
    const at = truth[stage];
    if (at == null) continue;
    const holder = links.findIndex(
      (link, index) => (endOf(link, index, links, truth)?.before ?? 0) >= at.before,
    );
    if (holder < 0 || (lengths[holder] ?? 0) < WORTH * outage.outage_s) continue;
    const isSaid = said.includes(WHAT[stage]);
    count(tally.missed, isSaid);
    if (!isSaid) complain('not said', { name: stage }, links[holder].name);
  }
};

const sum = (a, b) => (typeof a === 'number' ? a + b : a.map((each, index) => each + b[index]));
const share = ([good, all]) => (all === 0 ? '-' : `${good}/${all} ${((100 * good) / all).toFixed(1)} %`);
const row = (words, { outages, named, right, open, ends, lengths, missed }) =>
  console.log(
    [
      words.padEnd(34),
      `outages ${outages}`,
      `longest named ${named}, right ${share([right, named])}, left open ${open}`,
      `ends ${share(ends)}`,
      `lengths ${share(lengths)}`,
      `missing said ${share(missed)}`,
    ].join(' | '),
  );

let total = newTally();
for (const series of SERIES) {
  const path = await run(series);
  const [truths, gaps] = [
    await readTransitions(join(path, 'transitions.jsonl')),
    await readTruth(join(path, 'truth.jsonl')),
  ];
  const own = await brought(series, truths);
  const kept = [
    ...(existsSync(join(path, 'history')) ? ['HA log'] : []),
    ...(existsSync(join(path, 'captures')) ? ['capture'] : []),
  ];
  const observers = series.scenario.observe.filter(({ driver }) => driver !== 'capture');
  const sources = [...new Set([...Object.keys(own), ...kept, ...observers.map(({ name }) => name)])];
  let full = null;
  for (const without of [[], ...sources.map((each) => [each]), ...(sources.length > 1 ? [sources] : [])]) {
    const copy = await copyOf(path, series, without);
    const given = Object.entries(own).flatMap(([name, args]) => (without.includes(name) ? [] : args));
    const { stdout, stderr } = await seqgap('explain', copy, '--json', ...given);
    if (!stdout) throw new Error(`${series.name}: ${stderr}`);
    const document = JSON.parse(stdout);
    const tally = newTally();
    const words = `${series.name}, ${without.length === 0 ? 'all' : without.length === 1 ? `without ${without[0]}` : 'none'}`;
    for (const outage of document.outages) {
      if (outage.status !== 'ok') continue;
      const facts = { ...(await factsOf(path, outage)), every_s: series.every_s };
      const whole = full?.outages.find(({ trial: each }) => each === outage.trial) ?? null;
      judge(
        outage,
        truthOf(outage, facts, truths, gaps),
        facts,
        tally,
        whole,
        [...document.not_known, ...outage.not_known].join('\n'),
        (what, { name, lo_s, length_s, hi_s, ends }, truly) =>
          console.log(
            `  ! ${words}, trial ${outage.trial}: ${what} of ${name}`,
            JSON.stringify({ lo_s, length_s, hi_s, ends, truly }),
          ),
      );
    }
    row(words, tally);
    total = Object.fromEntries(Object.keys(total).map((key) => [key, sum(total[key], tally[key])]));
    if (without.length === 0) full = document;
    await rm(copy, { recursive: true, force: true });
  }
}
row('all of them', total);
