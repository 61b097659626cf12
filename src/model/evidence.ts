/**
 * What a record that a platform, or the wire, keeps by itself says of one instant: a line of a device's log, an entry of
 * a cloud's activity log, a packet of a capture. Nothing of it was asked for by a run, so its time is that of the clock
 * that stamped it; where that lies on a trial's own clock is found out when the outage is explained.
 */

/**
 * - `hello-lost`           a node says that it missed its peer's hello (heartbeat, advertisement); not yet that the peer is dead;
 *                          value, of this and the next two: the peer, where it is named
 * - `peer-lost`            a node declares its peer dead, or heard it resign
 * - `peer-found`           and alive again
 * - `role`                 a node has a role from now on; value: a Role of ours (`active`, `standby`, `transitioning` …)
 * - `operation-accepted`   a cloud's API took an order; subject: what it is about; value: the operation's name
 * - `operation-done`       and says that it is carried out
 * - `operation-failed`     and says that it was not
 * - `address-moved`        an address belongs to who is in value from now on; `none`: to nobody
 * - `announced`            an address is announced on the wire (gratuitous ARP, unsolicited neighbour advertisement); value: the link-layer address
 * - `resolved`             who sends to an address uses this link-layer address for it: the first such packet, and the last before another
 *                          is used; subject: the address; value: the link-layer address, or `none` where a question for it was not answered
 * - `hello`                a hello was on the wire; subject: who sent it; value: the protocol (`vrrp`, `carp`, `hsrp`, `bfd`, `ha`)
 * - `health`               a balancer's or a monitor's word on a target; value: `healthy`, `unhealthy` or its own word
 * - `link`                 an interface went up or down; value: `up`, `down`
 * - `boot`                 a system was started; value: `stopped` where it says that it is going down
 * - `clock-set`            the clock that stamps was set; value: by how many seconds, if it says so
 * - `session`              a connection of the run's own was reset or closed on the wire; value: `reset`, `closed`
 * - `lease`                a DHCP exchange; value: `discover`, `offer`, `request`, `ack`, `nak`
 * - `redirect`             an ICMP redirect; value: the gateway that it names
 */
export const EVIDENCE_KINDS = [
  'hello-lost',
  'peer-lost',
  'peer-found',
  'role',
  'operation-accepted',
  'operation-done',
  'operation-failed',
  'address-moved',
  'announced',
  'resolved',
  'hello',
  'health',
  'link',
  'boot',
  'clock-set',
  'session',
  'lease',
  'redirect',
] as const;
export type EvidenceKind = (typeof EVIDENCE_KINDS)[number];

export interface Evidence {
  readonly kind: EvidenceKind;
  /** What it is about, as the record names it: a device, an address, a resource, an interface. */
  readonly subject: string;
  readonly value: string | null;
  /** Of a role: which part of the node has it (a VRRP instance, a redundancy or a traffic group). Left out: all of it. */
  readonly part?: string;
  /** What the stamp allows, by the clock that stamped it: milliseconds since 1970; a stamp of whole seconds allows one of them. */
  readonly lo_ms: number;
  readonly hi_ms: number;
  /** Whose clock stamped it: two pieces of evidence with the same word have one offset. */
  readonly clock: string;
  /** Where it stands: the file, and the line, the entry or the packet, counted from 1. */
  readonly file: string;
  readonly line: number;
  /** The line as it is, or the packet in words; made plain, at most 300 characters. */
  readonly raw: string;
}

/** What a record holds beside its evidence. */
export interface EvidenceRecord {
  /** The record's form in words, as a reader knows it: "PAN-OS system log". */
  readonly form: string;
  readonly evidence: readonly Evidence[];
  /** The span of all its stamped lines, understood or not; null: none has a time. What is not in it is not known to have been absent. */
  readonly span: { readonly lo_ms: number; readonly hi_ms: number } | null;
  /** false: its stamps have no zone and none was said, so that they are taken as UTC. */
  readonly zoned: boolean;
  /** What was assumed to read it (time zone, year, order of the day), each a sentence. */
  readonly assumptions: readonly string[];
  /** What a user should know of it (cut off, rotated, a clock that was set, lines that were not understood), each a sentence. */
  readonly notes: readonly string[];
}

/** A record that was brought to a run, or that it kept, under the name it was given by. */
export interface BroughtRecord {
  readonly file: string;
  readonly record: EvidenceRecord;
}

/** What is known of a run before a record of it is read. */
export interface RecordContext {
  /** Wall clock of the run's start and end, milliseconds since 1970: for stamps without year, date or zone. */
  readonly near: { readonly lo_ms: number; readonly hi_ms: number };
  /** Minutes east of UTC for stamps without a zone; null: not known. */
  readonly zone_min: number | null;
  /** The run's nodes, and their addresses if known: a record's own names become the run's. */
  readonly nodes: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  /** Whose record it is, if the user said so (`--log fw-a=ha.log`). */
  readonly owner: string | null;
}
