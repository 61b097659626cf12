import { z } from 'zod';
import { ns } from '../model/time.js';
import { choice, count, duration, family, flag, hostName, mapping, matching, slug, text } from './field.js';

/** A stream of probes, as written. */
export const stream = mapping('A stream of probes.', {
  name: slug('Name of the stream, in results and limits.'),
  type: choice(
    '"icmp": echo requests; "tcp": a new connection for each probe; "stamp": UDP probes to a reflector (RFC 8762); ' +
      '"dns": queries; "http": a new connection and a GET for each probe.',
    ['icmp', 'tcp', 'stamp', 'dns', 'http'],
  ),
  from: text('Name of the vantage that probes.').prefault('local'),
  to: z.string().meta({
    description:
      'Target: 10.4.4.4 for icmp; 10.4.4.4:80, [fd00::4]:80 or name:80 for tcp; stamp: port 862 if none; ' +
      'dns: the resolver, port 53 if none; http: port 80 if none.',
  }),
  every: duration('Time from one probe to the next; outages are known to plus or minus this.', ns(1e6)),
  timeout: duration(
    'When a probe without reply is lost; default 10s for icmp, stamp and dns, 900ms for tcp and http.',
    ns(1),
  ).optional(),
  size: count('Octets of payload; default 56 for icmp, 44 for stamp.', 16, 9000).optional(),
  control: flag('A stream that does not cross the pair: what is lost there voids the trial.').prefault(
    'false',
  ),
  family: family('Force IPv4 (4) or IPv6 (6) for a host name.').optional(),
  engine: choice('What sends ICMP; default auto.', ['auto', 'net-ping', 'ping']).optional(),
  flows: count(
    'Flows, each with a source port or identifier of its own and probed at "every".',
    1,
    64,
  ).prefault('1'),
  timestamps: choice('Format of time stamps, stamp only; default ntp.', ['ntp', 'ptp']).optional(),
  'far-end': flag(
    'Stamp only: a second sender at the far end, so that both ways are measured by themselves.',
  ).optional(),
  far: text('Name of the vantage of the far end, with "far-end".').optional(),
  query: hostName('The name that is asked for, dns only.').optional(),
  record: choice('Which kind of address is asked for, dns only; default A.', ['A', 'AAAA']).optional(),
  path: matching(
    'What is asked for, http only; default /.',
    /^\/[\x21-\x7e]*$/,
    'a path like /health',
  ).optional(),
  resolve: choice(
    'When an http stream asks for the address of its name: "once" (default) before it begins, for "each" probe, or ' +
      '"cached": when the TTL of the last answer has run out.',
    ['once', 'each', 'cached'],
  ).optional(),
  resolver: text(
    'Address of the resolver that an http stream asks, with a port if not 53; default the first name server of the vantage.',
  ).optional(),
});
