import type { CloudIpPlan } from '../../model/lab-plan.js';
import { NS_PER_S } from '../../model/time.js';
import { LAB_DIR } from '../paths.js';
import { CLIENT_ADDRESS, CLIENT_GATEWAY, nodeAddress } from './topology.js';

/*
 * The client's address by DHCP: a server on fw-a while that is active, a relay in the fabric that knows no other one, and a
 * client. After a failover nobody answers any more: the lease ends a minute or two later, and with it address and route.
 */

/** The node that clients of DHCP are sent to. */
export const LEASING = 'fw-a';

/** In the node, of the server. */
export const LEASE_FILES = { settings: '/run/machine/dhcp.conf', pid: '/run/dhcp.pid' } as const;

/** dnsmasq as a server of DHCP alone, for one client behind a relay. */
export const serverConfig = ({ lease_ns }: CloudIpPlan): string => `port=0
interface=trust
bind-interfaces
dhcp-range=${CLIENT_ADDRESS},${CLIENT_ADDRESS},255.255.255.0,${lease_ns / NS_PER_S}
dhcp-option=option:router,${CLIENT_GATEWAY}
dhcp-leasefile=/run/dhcp.leases
dhcp-authoritative
no-ping
user=root
pid-file=${LEASE_FILES.pid}
log-facility=/var/log/dhcp.log
`;

/** dnsmasq as a relay, in the fabric: from the client's network to the leasing node's own address. */
export const RELAY: readonly string[] = [
  'dnsmasq',
  '--conf-file=/dev/null',
  '--port=0',
  `--dhcp-relay=${CLIENT_GATEWAY},${nodeAddress(LEASING, 'trust')}`,
  '--user=root',
  `--pid-file=${LAB_DIR}/relay.pid`,
  `--log-facility=${LAB_DIR}/relay.log`,
];

/** For udhcpc: it has an address from a lease, or none; one line says which, and between which instants that came to be. */
export const LEASE_SCRIPT = `#!/bin/sh
after=$(date +%s.%6N)
case "$1" in
deconfig)
    ip addr flush dev "$interface"
    ip link set "$interface" up ;;
bound | renew)
    ip addr replace "$ip/$mask" dev "$interface"
    ip route replace default via "$router" ;;
esac
echo "lease $1 $after $(date +%s.%6N)"
`;

/** What a line of the script says of the lease; null: nothing new. */
export const leaseSaid = (
  line: string,
  isBound: boolean,
): { readonly value: 'bound' | 'expired'; readonly after: number; readonly before: number } | null => {
  const [, word, after, before] = /^lease (bound|deconfig) (\S+) (\S+)$/.exec(line) ?? [];
  const value = word === 'bound' ? 'bound' : 'expired';
  if (word === undefined || isBound === (value === 'bound')) return null;
  return { value, after: Number(after), before: Number(before) };
};
