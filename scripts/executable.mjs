// `npm run executable`: one file with Node, the package and the native engine in it, for hosts that have none of them.
//   npm run executable                       for this host's processor, with Node as named below
//   npm run executable -- --arch arm64       for another one
//   npm run executable -- --node /usr/bin/node    with this very Node
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants } from 'node:zlib';
import { build } from 'esbuild';
import { inject } from 'postject';
import { NODE } from './executable-node.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
/** From Node's documentation of single executable applications. */
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

const { values } = parseArgs({
  options: {
    arch: { type: 'string', default: process.arch },
    node: { type: 'string', default: NODE },
    out: { type: 'string', default: join(root, 'build/executable') },
  },
});
const { arch, out } = values;
const work = join(root, 'build/executable-parts');
mkdirSync(work, { recursive: true });
mkdirSync(out, { recursive: true });

const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    ...options,
  });

/** Node's program as npm's packages carry it (their sums are checked by npm). */
const nodeOf = (release, processor) => {
  if (release.includes('/')) return release;
  const folder = join(work, `node-${release}-${processor}`);
  const program = join(folder, 'package/bin/node');
  if (!existsSync(program)) {
    mkdirSync(folder, { recursive: true });
    const lines = run('npm', [
      'pack',
      '--silent',
      '--pack-destination',
      folder,
      `node-linux-${processor}@${release}`,
    ]);
    const archive = join(folder, lines.trim().split('\n').at(-1));
    run('tar', ['-xzf', archive, '-C', folder, 'package/bin/node', 'package/LICENSE']);
  }
  return program;
};

/** The licences of all that is in the file, for whoever hands it on. */
const licencesWith = (program, paths) => {
  const places = [join(dirname(program), '../LICENSE'), '/usr/share/doc/nodejs/copyright'];
  const place = places.find((path) => existsSync(path));
  if (place === undefined) console.log(`the licence of ${program} was not found: ${places.join(', ')}`);
  return [
    ['seqgap', join(root, 'LICENSE')],
    ...(place === undefined ? [] : [['Node.js', place]]),
    ['Libraries', join(root, 'dist/THIRD-PARTY-LICENSES.txt')],
    ...paths
      .filter((path) => /^node_modules\/.*LICEN[CS]E/i.test(path))
      .map((path) => [dirname(path).replace('node_modules/', ''), join(root, path)]),
  ]
    .map(([name, path]) => `${name}\n${'='.repeat(name.length)}\n\n${readFileSync(path, 'utf8').trim()}\n`)
    .join('\n\n');
};

/** Paths of what `npm publish` would send, and of the libraries it would install beside, below the package's folder. */
const packedFiles = () => {
  const listed = JSON.parse(run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts']));
  const own = (Array.isArray(listed) ? listed[0] : Object.values(listed)[0]).files.map(({ path }) => path);
  // Programs of C are not built where this runs.
  const kept = own.filter((path) => !/^native\/|^prebuilds\/|^scripts\/native|^docs\/.*\.png$/.test(path));
  const folders = run('npm', ['ls', '--omit=dev', '--omit=optional', '--all', '--parseable'])
    .trim()
    .split('\n')
    .slice(1);
  const libraries = folders
    .filter((folder) => !/\/(?:cpu-features|buildcheck|nan|net-ping|raw-socket)$/.test(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)))
        .filter(
          (path) =>
            /\.(?:js|cjs|mjs|json)$|LICEN[CS]E/i.test(path) &&
            !/\/(?:test|tests|examples?|util)\//.test(path),
        ),
    );
  return [...kept, ...libraries].toSorted((a, b) => (a < b ? -1 : 1));
};

const engineOf = (processor) =>
  [
    join(root, `prebuilds/linux-${processor}-glibc.node`),
    ...(processor === process.arch ? [join(root, 'build/native/engine.node')] : []),
  ].find((path) => existsSync(path));

const engine = engineOf(arch);
if (engine === undefined) throw new Error(`the native engine is not built for ${arch}: npm run native:carry`);

const files = [
  ...packedFiles().map((path) => [path, readFileSync(join(root, path))]),
  ['build/native/engine.node', readFileSync(engine)],
  // A script of an executable may not import; one that lies in a folder may.
  [
    'dist/load.cjs',
    Buffer.from(
      "'use strict';\nmodule.exports = (file) => import(require('node:url').pathToFileURL(file));\n",
    ),
  ],
];
const contents = Buffer.concat(files.map(([, text]) => text));
const list = files.map(([path, text]) => ({ path, octets: text.length }));
const sum = createHash('sha256').update(JSON.stringify(list)).update(contents).digest('hex');
writeFileSync(
  join(work, 'files.json'),
  JSON.stringify({ name: `${version}-${sum.slice(0, 16)}`, files: list }),
);
writeFileSync(
  join(work, 'contents.br'),
  brotliCompressSync(contents, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length },
  }),
);

await build({
  absWorkingDir: root,
  entryPoints: ['src/executable/main.ts'],
  outfile: join(work, 'main.cjs'),
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  logLevel: 'warning',
});
const config = {
  main: join(work, 'main.cjs'),
  output: join(work, 'seqgap.blob'),
  disableExperimentalSEAWarning: true,
  assets: { 'files.json': join(work, 'files.json'), 'contents.br': join(work, 'contents.br') },
};
writeFileSync(join(work, 'sea.json'), JSON.stringify(config));
// The form of the blob belongs to one release: that release writes it, on this processor.
run(nodeOf(values.node, process.arch), ['--experimental-sea-config', join(work, 'sea.json')]);

const target = join(out, `seqgap-${version}-linux-${arch}`);
const fresh = `${target}.${process.pid}`;
try {
  copyFileSync(nodeOf(values.node, arch), fresh);
  chmodSync(fresh, 0o755);
  const triplet = { arm64: 'aarch64-linux-gnu', x64: 'x86_64-linux-gnu' }[arch];
  const isOwn = arch === process.arch;
  const strip = isOwn ? 'strip' : `${triplet}-strip`;
  const { error, status } = spawnSync(strip, [fresh], { stdio: 'inherit' });
  if (error !== undefined || status !== 0) {
    const debian = isOwn ? 'binutils' : `binutils-${triplet.replace('_', '-')}`;
    console.log(`not stripped, so 15 to 20 % larger: no ${strip} (Debian: ${debian})`);
  }
  await inject(fresh, 'NODE_SEA_BLOB', readFileSync(config.output), { sentinelFuse: FUSE });
  renameSync(fresh, target);
} finally {
  rmSync(fresh, { force: true });
}
writeFileSync(
  join(out, 'LICENSES.txt'),
  licencesWith(
    nodeOf(values.node, arch),
    files.map(([path]) => path),
  ),
);
const digest = createHash('sha256').update(readFileSync(target)).digest('hex');
writeFileSync(`${target}.sha256`, `${digest}  ${relative(out, target)}\n`);
console.log(`${relative(root, target)}: ${(statSync(target).size / 2 ** 20).toFixed(1)} MiB`);
