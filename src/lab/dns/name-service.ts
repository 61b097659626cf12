import { randomBytes } from 'node:crypto';
import type { DnsPlan } from '../../model/lab-plan.js';
import { NS_PER_S } from '../../model/time.js';
import { MONITOR, NAME_SERVER, SERVICE_ADDRESS, ZONE, SERVICE } from './topology.js';

/** The key that signs the monitor's updates (TSIG, RFC 8945), new for every lab. */
export interface UpdateKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha256';
  readonly secret: string;
}

export const makeUpdateKey = (): UpdateKey => ({
  name: 'monitor',
  algorithm: 'hmac-sha256',
  secret: randomBytes(32).toString('base64'),
});

export const ttlSeconds = ({ ttl_ns }: Pick<DnsPlan, 'ttl_ns'>): number => ttl_ns / NS_PER_S;

/** Knot DNS, authoritative for the zone, which it takes updates for (RFC 2136). Its database and log are in memory. */
export const knotConfig = ({ name, algorithm, secret }: UpdateKey): string => `server:
    rundir: /run/knot
    listen: 0.0.0.0@53
log:
  - target: /var/log/knot.log
    any: info
database:
    storage: /run/knot
key:
  - id: ${name}
    algorithm: ${algorithm}
    secret: ${secret}
acl:
  - id: update
    address: ${MONITOR}
    key: ${name}
    action: update
zone:
  - domain: ${ZONE}
    storage: /run/machine
    file: zone
    zonefile-sync: -1
    acl: update
`;

/** The zone with the one name, which points at fw-a first. Negative answers are kept for a second only. */
export const zoneFile = (plan: DnsPlan): string => `$ORIGIN ${ZONE}.
@ 3600 SOA ns hostmaster 1 3600 600 86400 1
@ 3600 NS ns
ns 3600 A ${NAME_SERVER}
${SERVICE}. ${ttlSeconds(plan)} A ${SERVICE_ADDRESS['fw-a']}
`;

/** The resolver of the client's host: it keeps an answer as long as its TTL allows. */
export const dnsmasqConfig = `no-resolv
no-hosts
no-negcache
server=${NAME_SERVER}
listen-address=127.0.0.1
bind-interfaces
user=root
pid-file=/run/dnsmasq.pid
log-facility=/var/log/dnsmasq.log
`;
