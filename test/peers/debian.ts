import { execa } from 'execa';

/** Where Debian's packages come from here. */
const mirror = async (): Promise<string> => {
  const { stdout } = await execa('apt-get', ['indextargets', '--format', '$(SITE)']);
  return stdout.split('\n').find((site) => !site.includes('security')) ?? '';
};

/** A root of Debian's smallest kind, and these packages, by debootstrap. */
export const makeDebian = async (folder: string, packages: readonly string[]): Promise<void> => {
  const more = packages.length === 0 ? [] : [`--include=${packages.join(',')}`];
  await execa('debootstrap', ['--variant=minbase', ...more, 'bookworm', folder, await mirror()]);
  await execa('sh', ['-c', 'rm -rf "$1"/dev/* "$1"/var/cache/apt/archives/*.deb', 'sh', folder]);
};
