import { datagramOf, PROTOCOL, receiverOf, senderOf, type Datagram } from '../capture/datagram.js';
import { ETHERTYPE, frameOf, type Frame } from '../capture/frame.js';
import { plural } from '../targets.js';
import { Announcements } from './announcements.js';
import { takeArp } from './arp.js';
import { Bfd, BFD_PORTS } from './bfd.js';
import { Connections } from './connections.js';
import { DHCP_PORT, takeDhcp } from './dhcp.js';
import type { Findings, Moment } from './findings.js';
import { HA_ETHERTYPES, HA_PORTS, haHello, isEchoRequest } from './ha.js';
import { Hellos } from './hellos.js';
import { HSRP_PORTS, hsrpOf } from './hsrp.js';
import { macAt } from './mac.js';
import { Masters } from './masters.js';
import { takeNeighbourDiscovery } from './neighbour-discovery.js';
import { NextHops } from './next-hops.js';
import { Redirects } from './redirects.js';
import { advertisementOf } from './vrrp.js';
import type { Watched } from './watched.js';

/** All that a capture tells of a pair and of who sends to it. */
export class Wire {
  /** Packets that would have told something, had they been captured further. */
  #short = 0;
  #begins_ms = NaN;
  readonly #watched: Watched;
  readonly #findings: Findings;
  readonly #hellos: Hellos;
  readonly #masters: Masters;
  readonly #bfd = new Bfd();
  readonly #announcements: Announcements;
  readonly #nextHops: NextHops;
  readonly #connections: Connections;
  readonly #redirects: Redirects;

  constructor(findings: Findings, watched: Watched) {
    this.#watched = watched;
    this.#findings = findings;
    this.#hellos = new Hellos(findings, () => this.#begins_ms);
    this.#masters = new Masters(findings);
    this.#announcements = new Announcements(findings, (address) => watched.has(address));
    this.#nextHops = new NextHops(findings);
    this.#connections = new Connections(findings);
    this.#redirects = new Redirects(findings);
  }

  see(packet: Buffer, link: number, when: Moment): void {
    if (Number.isNaN(this.#begins_ms)) this.#begins_ms = when.lo_ms;
    const frame = frameOf(link, packet);
    if (frame === null) return;
    const { type, at, senderAt } = frame;
    if (type === ETHERTYPE.ipv4 || type === ETHERTYPE.ipv6) {
      const datagram = datagramOf(packet, at);
      if (datagram !== null) this.#ip(packet, frame, datagram, when);
    } else if (type === ETHERTYPE.arp) takeArp(packet, at, when, this.#announcements);
    else if (type in HA_ETHERTYPES && senderAt !== -1)
      this.#hellos.see(haHello(HA_ETHERTYPES[type] as string, macAt(packet, senderAt), null), when);
  }

  finish(until_ms: number): void {
    this.#hellos.finish(until_ms);
    this.#announcements.finish(until_ms);
  }

  get notes(): string[] {
    const { unfollowed } = this.#hellos;
    return [
      ...this.#masters.notes,
      ...(unfollowed === 0
        ? []
        : [`hellos of more senders than are followed: ${plural(unfollowed, 'packet')} left out`]),
      ...(this.#short === 0
        ? []
        : [`${plural(this.#short, 'packet')} captured too short to be read (tcpdump -s 320 is enough)`]),
    ];
  }

  #ip(packet: Buffer, frame: Frame, datagram: Datagram, when: Moment): void {
    const toWatched = this.#watched.receives(packet, datagram);
    if (toWatched) this.#nextHops.see(packet, frame, datagram, when);
    switch (datagram.protocol) {
      case PROTOCOL.tcp:
        if (toWatched || this.#watched.sent(packet, datagram)) this.#connections.see(packet, datagram, when);
        return;
      case PROTOCOL.udp:
        this.#udp(packet, frame, datagram, when);
        return;
      case PROTOCOL.icmp:
        this.#icmp(packet, datagram, when);
        return;
      case PROTOCOL.icmpv6:
        takeNeighbourDiscovery(packet, datagram, frame.senderAt, when, this.#announcements);
        this.#redirects.see(packet, datagram, when);
        return;
      case PROTOCOL.vrrp: {
        const ad = advertisementOf(packet, datagram);
        if (ad === null) return;
        this.#sentBy(ad.sender, packet, frame);
        const mayBeOld = this.#hellos.mayBeOld(ad, when);
        this.#masters.see(ad, when, this.#hellos.see(ad, when), mayBeOld);
      }
    }
  }

  #icmp(packet: Buffer, datagram: Datagram, when: Moment): void {
    this.#redirects.see(packet, datagram, when);
    if (!isEchoRequest(packet, datagram.at)) return;
    const [sender, receiver] = [senderOf(packet, datagram), receiverOf(packet, datagram)];
    if (this.#findings.isNode(sender) && this.#findings.isNode(receiver))
      this.#hellos.see(haHello('echo request', sender, receiver), when);
  }

  #udp(packet: Buffer, frame: Frame, datagram: Datagram, when: Moment): void {
    const at = datagram.at + 8;
    if (at > packet.length) return;
    const port = packet.readUInt16BE(datagram.at + 2);
    const hello = BFD_PORTS.has(port)
      ? this.#bfd.helloOf(packet, datagram, at)
      : HSRP_PORTS.has(port)
        ? hsrpOf(packet, datagram, at)
        : port in HA_PORTS
          ? haHello(HA_PORTS[port] as string, senderOf(packet, datagram), null)
          : null;
    if (hello !== null) {
      this.#sentBy(hello.sender, packet, frame);
      this.#hellos.see(hello, when);
    }
    if (port === DHCP_PORT || packet.readUInt16BE(datagram.at) === DHCP_PORT) {
      if (!takeDhcp(packet, datagram, at, when, this.#findings)) this.#short += 1;
    }
  }

  #sentBy(sender: string, packet: Buffer, { senderAt }: Frame): void {
    if (senderAt !== -1) this.#findings.sentBy(sender, macAt(packet, senderAt));
  }
}
