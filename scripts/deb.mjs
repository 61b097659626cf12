// `npm run deb`: a Debian package around each executable, for hosts with dpkg and no Node.
//   npm run deb                              of all in build/executable, whichever processor they are for
//   npm run deb -- --arch arm64              for that one alone
//   npm run deb -- --from FOLDER --out FOLDER --compression gzip
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const { values } = parseArgs({
  options: {
    arch: { type: 'string', multiple: true },
    from: { type: 'string', default: join(root, 'build/executable') },
    out: { type: 'string', default: join(root, 'build/executable') },
    // Debian 11 knows no zstd.
    compression: { type: 'string', default: 'xz' },
  },
});
const { from, out, compression } = values;
const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };
const executableFor = (arch) => join(from, `seqgap-${version}-linux-${arch}`);
const wanted = values.arch ?? Object.keys(ARCHITECTURES).filter((arch) => existsSync(executableFor(arch)));
if (wanted.length === 0)
  throw new Error(`there is no executable of ${version} in ${from}: npm run executable`);

/** Debian Policy 5.6.13: one line, then more, each begun with a blank. */
const control = (architecture, size_kib) => `Package: seqgap
Version: ${version}
Section: net
Priority: optional
Architecture: ${architecture}
Maintainer: ${process.env.DEBFULLNAME ?? 'seqgap maintainers'} <${process.env.DEBEMAIL ?? 'seqgap@localhost'}>
Installed-Size: ${size_kib}
Depends: libc6 (>= 2.28), libstdc++6, libgcc-s1
Recommends: openssh-client, iproute2, iputils-ping
Suggests: keepalived, conntrack, nftables, tcpdump
Description: ${description.replace(/^How/, 'measure how')}
 ICMP, TCP, HTTP and STAMP probes cross a pair while it fails over; the gaps
 in their sequence give the outage as an interval, and sessions that are held
 open show whether they survive. This package holds one executable that needs
 no Node.js.
`;

const bash = execFileSync(process.execPath, [join(root, 'dist/cli.js'), 'completion', 'bash']);
const make = (arch) => {
  const architecture = ARCHITECTURES[arch];
  if (architecture === undefined) throw new Error(`Debian has no name here for ${arch}: x64 or arm64`);
  const executable = executableFor(arch);
  const folder = mkdtempSync(join(tmpdir(), 'seqgap-deb-'));
  try {
    const put = (path, text, mode = 0o644) => {
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
      writeFileSync(target, text);
      chmodSync(target, mode);
    };
    const zipped = (path) => gzipSync(readFileSync(join(root, path)), { level: 9 });
    put('usr/bin/seqgap', '', 0o755);
    copyFileSync(executable, join(folder, 'usr/bin/seqgap'));
    put('usr/share/man/man1/seqgap.1.gz', zipped('man/seqgap.1'));
    put('usr/share/bash-completion/completions/seqgap', bash);
    put('usr/share/doc/seqgap/changelog.gz', zipped('CHANGELOG.md'));
    // Written beside it by scripts/executable.mjs.
    put('usr/share/doc/seqgap/copyright', readFileSync(join(dirname(executable), 'LICENSES.txt')));
    put('DEBIAN/control', control(architecture, Math.ceil(statSync(executable).size / 1024) + 512));
    execFileSync('chmod', ['-R', 'u=rwX,go=rX', folder]);
    mkdirSync(out, { recursive: true });
    const target = join(out, `seqgap_${version}_${architecture}.deb`);
    // The same input gives the same package.
    const SOURCE_DATE_EPOCH =
      process.env.SOURCE_DATE_EPOCH ?? String(Math.floor(statSync(executable).mtimeMs / 1000));
    execFileSync('dpkg-deb', [`-Z${compression}`, '--root-owner-group', '--build', folder, target], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, SOURCE_DATE_EPOCH },
    });
    console.log(`${relative(process.cwd(), target)}: ${(statSync(target).size / 2 ** 20).toFixed(1)} MiB`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

for (const arch of wanted) make(arch);
