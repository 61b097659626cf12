// `npm run build`: what is shipped, in dist/. The programs are bundled with the libraries they use: one start then reads
// some ten files, not four hundred, which takes half the time. What compiles native code when installed stays outside.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { parseDocument } from 'yaml';
import { buildNative } from './native.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const dist = join(root, 'dist');

/** A lab runs many processes: what one is started with says so by its name. */
const PROGRAMS_OF_LAB = readdirSync(join(root, 'src/lab'), { recursive: true })
  .filter((name) => name.endsWith('.program.ts'))
  .map((name) => `lab/${name.replace(/\.ts$/, '')}`);

/** What Node is started with; the last two are read by scripts/man.mjs. */
const PROGRAMS = ['cli', ...PROGRAMS_OF_LAB, 'cli/commands', 'cli/complete/definition'];

/** Installed beside the package (`dependencies`, `optionalDependencies`). */
const OUTSIDE = ['ssh2', 'net-ping'];

/** Bundled libraries that are not written as ES modules ask for Node's own modules by `require`. */
const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

const programs = () =>
  build({
    absWorkingDir: root,
    entryPoints: PROGRAMS.map((name) => `src/${name}.ts`),
    outdir: 'dist',
    outbase: 'src',
    chunkNames: 'chunks/[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: OUTSIDE,
    charset: 'utf8',
    legalComments: 'none',
    // The stack of a bug names the source (src/cli/main.ts); what stands there is in the repository.
    sourcemap: 'linked',
    sourcesContent: false,
    banner: { js: REQUIRE },
    metafile: true,
    logLevel: 'warning',
  });

buildNative();

const packageOf = (path) => /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? null;

/** Every licence of what is bundled asks that its text goes with each copy. */
const notices = (metafiles) =>
  [
    ...new Set(
      metafiles
        .flatMap(({ inputs }) => Object.keys(inputs))
        .map(packageOf)
        .filter((path) => path !== null),
    ),
  ].map((path) => {
    const { name, version, license } = JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8'));
    const texts = readdirSync(join(root, path), { withFileTypes: true })
      .filter((file) => file.isFile() && /^(licen[cs]e|copying|notice)/i.test(file.name))
      .map((file) => readFileSync(join(root, path, file.name), 'utf8').trim());
    return [`${name} ${version} (${license})`, ...texts].join('\n\n');
  });

/** The Apache licence wants the notice to go with every copy (§4 d), and a report is a copy. */
const echarts = JSON.parse(readFileSync(join(root, 'node_modules/echarts/package.json'), 'utf8'));
const notice =
  `/*! Charts: Apache ECharts ${echarts.version}, Copyright The Apache Software Foundation, Apache License 2.0; with ` +
  'zrender, Copyright Baidu Inc., BSD 3-Clause, and parts of d3, Copyright Mike Bostock, BSD 3-Clause. */';

/** A part of the HTML reports: one minified text. */
const embedded = async (name, options) => {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`src/report/html/client/${name}`],
    bundle: true,
    minify: true,
    write: false,
    charset: 'ascii',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
    ...options,
  });
  return { text: outputFiles[0].text.trim(), metafile };
};

const hash = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

const [main, script, style] = await Promise.all([
  programs(),
  embedded('main.ts', {
    format: 'iife',
    target: 'es2022',
    define: { 'process.env.NODE_ENV': '"production"' },
    banner: { js: notice },
  }),
  embedded('report.css', { target: 'chrome110' }),
]);

for (const name of readdirSync(dist, { recursive: true, encoding: 'utf8' }))
  if (/\.js(?:\.map)?$/.test(name) && !(`dist/${name}` in main.metafile.outputs)) rmSync(join(dist, name));

// A report embeds its script and style, and loads nothing.
if (/<\/(?:script|style)/i.test(script.text + style.text))
  throw new Error('the bundle would end its own element');
const assets = {
  script: script.text,
  scriptHash: hash(script.text),
  style: style.text,
  styleHash: hash(style.text),
};
mkdirSync(join(dist, 'report/html'), { recursive: true });
writeFileSync(join(dist, 'report/html/assets.json'), `${JSON.stringify(assets)}\n`);

/** Read by src/trigger/driver/built-texts.ts. What is no driver is left to the program, which says so. */
const trees = readdirSync(join(root, 'drivers'))
  .filter((name) => name.endsWith('.yaml'))
  .map((name) => readFileSync(join(root, 'drivers', name), 'utf8'))
  .map((text) => ({ text, tree: parseDocument(text) }))
  .filter(({ tree }) => tree.errors.length === 0)
  .map(({ text, tree }) => [createHash('sha256').update(text).digest('hex'), JSON.stringify(tree)]);
writeFileSync(join(dist, 'drivers.json'), `${JSON.stringify(Object.fromEntries(trees))}\n`);

const texts = notices([main, script, style].map(({ metafile }) => metafile));
writeFileSync(
  join(dist, 'THIRD-PARTY-LICENSES.txt'),
  `What is bundled in dist/, and under which licences.\n\n${texts.join(`\n\n${'-'.repeat(72)}\n\n`)}\n`,
);
