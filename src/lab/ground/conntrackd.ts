import { haAddress, machineAddresses, virtualAddresses, NODES, type NodeName } from './topology.js';

const ownAddresses = (): string[] => {
  const virtual = [virtualAddresses('trust'), virtualAddresses('untrust')].flatMap(({ v4, v6 }) => [v4, v6]);
  return [...NODES.flatMap(machineAddresses), ...virtual.map((address) => address.replace(/\/.*/, ''))];
};

export interface SyncManner {
  /** Addresses whose connections are not synced: those of the nodes themselves (management, VRRP). */
  readonly ignored: readonly string[];
  /** Are the peer's states kept aside until a takeover commits them, or put into the kernel at once? */
  readonly externalCache: boolean;
}

/**
 * conntrackd.conf of a node: FTFW (reliable, with acknowledgements) by UDP over the HA link. Without more said: external
 * cache on, so that a takeover has to commit it, as in doc/sync/ftfw of conntrack-tools.
 */
export const conntrackdConfig = (
  node: NodeName,
  { ignored, externalCache }: SyncManner = { ignored: ownAddresses(), externalCache: true },
): string => {
  const peer = node === 'fw-a' ? 'fw-b' : 'fw-a';
  const addresses = ignored.map((address) =>
    address.includes(':') ? `IPv6_address ${address}` : `IPv4_address ${address}`,
  );
  return `Sync {
    Mode FTFW {
        StartupResync yes${externalCache ? '' : '\n        DisableExternalCache yes'}
    }
    UDP {
        IPv4_address ${haAddress(node)}
        IPv4_Destination_Address ${haAddress(peer)}
        Port 3780
        Interface ha
        SndSocketBuffer 1249280
        RcvSocketBuffer 1249280
        Checksum on
    }
}
General {
    HashSize 8192
    HashLimit 65536
    Syslog off
    LogFile /var/log/conntrackd.log
    LockFile /run/lock/conntrackd.lock
    UNIX {
        Path /run/conntrackd.ctl
    }
    NetlinkBufferSize 2097152
    NetlinkBufferSizeMaxGrowth 8388608
    Filter From Userspace {
        Protocol Accept {
            TCP
            UDP
            ICMP
            IPv6-ICMP
        }
        Address Ignore {
            IPv4_address 127.0.0.1
            IPv6_address ::1
            ${addresses.join('\n            ')}
        }
    }
}
`;
};
