import type { Socket } from 'node:dgram';
import { readFile } from 'node:fs/promises';

/** Where answers wait until they are read. */
export interface Inbox {
  /** Packets that the kernel has thrown away there since it was opened, for want of room; null: not known. */
  drops(): number | null;
}

/** Columns of /proc/net/udp: `sl local_address rem_address st queues timer retrnsmt uid timeout inode ref pointer drops`. */
const LOCAL = 1;
const DROPS = 12;

/** Drops by local port, from the text of /proc/net/udp or udp6. A port that several sockets share says nothing of one. */
export const dropsByPort = (table: string): ReadonlyMap<number, number> => {
  const found = new Map<number, number>();
  const shared = new Set<number>();
  for (const line of table.split('\n').slice(1)) {
    const cells = line.trim().split(/\s+/);
    const port = Number.parseInt(cells[LOCAL]?.split(':')[1] ?? '', 16);
    const drops = Number(cells[DROPS]);
    if (Number.isNaN(port) || !Number.isInteger(drops)) continue;
    if (found.has(port)) shared.add(port);
    found.set(port, drops);
  }
  for (const port of shared) found.delete(port);
  return found;
};

const FILES = { 4: '/proc/net/udp', 6: '/proc/net/udp6' } as const;

/** The UDP sockets of this process: Node cannot ask a socket itself, so the kernel's table is read (Linux; else: not known). */
export class UdpInboxes {
  readonly #families = new Set<4 | 6>();
  readonly #seen = new Map<4 | 6, ReadonlyMap<number, number>>();

  /** @param socket bound or connected */
  of(socket: Socket, family: 4 | 6): Inbox {
    const { port } = socket.address();
    this.#families.add(family);
    return { drops: () => this.#seen.get(family)?.get(port) ?? null };
  }

  /** Reads the tables anew; costs nothing without such sockets. */
  async look(): Promise<void> {
    for (const family of this.#families)
      this.#seen.set(family, dropsByPort(await readFile(FILES[family], 'latin1').catch(() => '')));
  }
}

/** All of them, each counted once; null: not known of any. */
export const dropsOf = (inboxes: readonly (Inbox | null)[]): number | null => {
  const known = [...new Set(inboxes)].flatMap((inbox) => inbox?.drops() ?? []);
  return known.length === 0 ? null : known.reduce((sum, drops) => sum + drops, 0);
};
