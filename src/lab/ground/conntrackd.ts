import { daemonScript, machineFile, type MachineFile } from './machine-files.js';
import { HA_ADDRESS, peerOf, type NodeName } from './topology.js';

interface SyncManner {
  /** Addresses whose connections are not synced: those of the nodes themselves (management, VRRP), by themselves. */
  readonly ignored: readonly string[];
  /** Are the peer's states kept aside until a takeover commits them, or put into the kernel at once? The first is as in doc/sync/ftfw of conntrack-tools. */
  readonly externalCache: boolean;
}

/** conntrackd.conf of a node: FTFW (reliable, with acknowledgements) by UDP over the HA link. */
const conntrackdConfig = (node: NodeName, { ignored, externalCache }: SyncManner): string => {
  const addresses = ignored.map((address) =>
    address.includes(':') ? `IPv6_address ${address}` : `IPv4_address ${address}`,
  );
  return `Sync {
    Mode FTFW {
        StartupResync yes${externalCache ? '' : '\n        DisableExternalCache yes'}
    }
    UDP {
        IPv4_address ${HA_ADDRESS[node]}
        IPv4_Destination_Address ${HA_ADDRESS[peerOf(node)]}
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

const conntrackdService = daemonScript(
  'conntrackd',
  '/usr/sbin/conntrackd -d >>/var/log/notify.log 2>&1',
  '/usr/sbin/conntrackd -k >>/var/log/notify.log 2>&1',
  'start-stop-daemon --status --exec /usr/sbin/conntrackd',
);

/** The state sync of a node. */
export const conntrackdFiles = (node: NodeName, manner: SyncManner): MachineFile[] => [
  machineFile('etc/conntrackd/conntrackd.conf', conntrackdConfig(node, manner)),
  machineFile('etc/init.d/conntrackd', conntrackdService, 0o755),
];
