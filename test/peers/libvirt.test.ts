import { execa } from 'execa';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../lab/lab-kit.js';
import { closeAll, describePeer, hold, type Power } from './peer.js';
import { serve, type Program } from './program.js';

closeAll();

/**
 * A guest of one sector: writes B to its serial port, and waits for the power button, upon which it switches itself off (PIIX4,
 * whose power management SeaBIOS puts at port 0x600).
 */
const GUEST = Buffer.alloc(1 << 20);
GUEST.set([
  // mov dx, 0x3f8; mov al, 'B'; out dx, al; mov al, '\n'; out dx, al
  ...[0xba, 0xf8, 0x03, 0xb0, 0x42, 0xee, 0xb0, 0x0a, 0xee],
  // mov dx, 0x602; mov ax, 0x100; out dx, ax: the power button is to be told of
  ...[0xba, 0x02, 0x06, 0xb8, 0x00, 0x01, 0xef],
  // mov dx, 0x600; sti; again: hlt; in ax, dx; test ah, 1; jz again
  ...[0xba, 0x00, 0x06, 0xfb, 0xf4, 0xed, 0xf6, 0xc4, 0x01, 0x74, 0xf9],
  // out dx, ax; mov dx, 0x604; mov ax, 0x2000; out dx, ax; jmp here: heard, and off (S5)
  ...[0xef, 0xba, 0x04, 0x06, 0xb8, 0x00, 0x20, 0xef, 0xeb, 0xfe],
]);
GUEST.set([0x55, 0xaa], 510);

const domain = (dir: string): string => `<domain type='qemu'>
  <name>fw-a</name>
  <memory unit='MiB'>32</memory>
  <os><type arch='x86_64' machine='pc'>hvm</type></os>
  <features><acpi/></features>
  <devices>
    <disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='${dir}/guest.img'/><target dev='hda' bus='ide'/></disk>
    <serial type='file'><source path='${dir}/serial' append='on'/></serial>
    <controller type='usb' model='none'/>
    <memballoon model='none'/>
    <video><model type='none'/></video>
  </devices>
</domain>
`;

/** Nothing of this host's own libvirt: what it writes is its own, by mounts, and so is its socket. */
const START = `set -e
for folder in /etc/libvirt /var/lib/libvirt /var/cache/libvirt /var/log/libvirt /run/libvirt; do
    mkdir -p $folder
    mount -t tmpfs tmpfs $folder
done
# Debian's build asks for this user, which the package of its system service makes, before it reads that it is another.
for file in passwd group; do
    { cat /etc/$file; echo libvirt-qemu:x:64055:64055::/:/usr/sbin/nologin; } >"$1/$file"
    mount --bind "$1/$file" /etc/$file
done
cat >/etc/libvirt/qemu.conf <<'END'
user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
stdio_handler = "file"
cgroup_controllers = []
namespaces = []
END
# Not process 1 itself: libvirt waits long for a QEMU that has ended and is nobody's child any more. The shell reaps it.
libvirtd --config "$1/libvirtd.conf" --pid-file "$1/libvirtd.pid" &
wait $!
`;

describePeer('libvirt', 'the libvirt driver, by virsh with a guest that QEMU emulates', () => {
  let daemon: Program;
  let dir = '';
  let connect = '';
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'seqgap-libvirt-'));
    const socket = join(dir, 'libvirt-sock');
    connect = `qemu+unix:///system?socket=${socket}`;
    await writeFile(join(dir, 'guest.img'), GUEST);
    await writeFile(join(dir, 'domain.xml'), domain(dir));
    await writeFile(join(dir, 'libvirtd.conf'), `unix_sock_dir = "${dir}"\nauth_unix_rw = "none"\n`);
    daemon = await serve(
      // What it starts ends with its namespace.
      [
        'unshare',
        '--mount',
        '--net',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        'sh',
        '-c',
        START,
        'sh',
        dir,
      ],
      async () => existsSync(socket) && (await virsh('list')).exitCode === 0,
    );
    await virsh('define', join(dir, 'domain.xml'));
    expect(await virsh('start', 'fw-a')).toMatchObject({ exitCode: 0 });
    await until(async () => (await boots()) === 1);
  });
  afterAll(async () => {
    await daemon.stop();
    await rm(dir, { recursive: true, force: true });
  });

  const virsh = (...args: string[]): Promise<{ exitCode?: number | undefined; all: string }> =>
    execa('virsh', ['-c', connect, ...args], { all: true, reject: false, env: { LC_ALL: 'C' } });
  const state = async (): Promise<string> => (await virsh('domstate', 'fw-a')).all.trim();
  /** How often the guest has booted. */
  const boots = async (): Promise<number> =>
    (await readFile(join(dir, 'serial'), 'utf8')).split('B').length - 1;
  const power = (name = 'fw-a'): Power => ({ driver: 'libvirt', params: { domain: name, connect } });
  const OK = { outcome: 'ok', detail: expect.any(String) };

  test.each(['crash', 'stop'])('%s takes the power, and its undo gives it back', async (action) => {
    const before = await boots();
    const held = hold(power(), action);
    expect(await held.act()).toEqual(OK);
    expect(await state()).toBe('shut off');
    await held.undo();
    expect(await state()).toBe('running');
    await expect.poll(boots, { timeout: 60_000 }).toBe(before + 1);
    expect(await held.undo()).toContain('undone already');
  });

  test.each(['crash-reset', 'reboot'])('%s boots the guest anew, and leaves the power on', async (action) => {
    const before = await boots();
    const held = hold(power(), action);
    expect(await held.act()).toEqual(OK);
    await expect.poll(boots, { timeout: 60_000 }).toBe(before + 1);
    expect(await held.undo()).toContain('undone already');
    expect(await state()).toBe('running');
  });

  test('a domain that is not there is refused in the words of virsh', async () => {
    expect(await hold(power('absent'), 'crash').act()).toEqual({
      outcome: 'failed',
      detail: expect.stringContaining("failed to get domain 'absent'"),
    });
  });
});
