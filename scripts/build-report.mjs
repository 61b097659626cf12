// Bundles script and style of the HTML reports into dist/report/html: a report embeds them, and loads nothing.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const client = join(root, 'src/report/html/client');
const out = join(root, 'dist/report/html');

/** The Apache licence wants the notice to go with every copy (§4 d), and a report is a copy. */
const echarts = JSON.parse(readFileSync(join(root, 'node_modules/echarts/package.json'), 'utf8'));
const notice =
  `/*! Charts: Apache ECharts ${echarts.version}, Copyright The Apache Software Foundation, Apache License 2.0; with ` +
  'zrender, Copyright Baidu Inc., BSD 3-Clause, and parts of d3, Copyright Mike Bostock, BSD 3-Clause. */';

const bundled = async (name, options) => {
  const { outputFiles } = await build({
    entryPoints: [join(client, name)],
    bundle: true,
    minify: true,
    write: false,
    charset: 'ascii',
    legalComments: 'none',
    logLevel: 'warning',
    ...options,
  });
  return outputFiles[0].text.trim();
};

const hash = (text) => `sha256-${createHash('sha256').update(text).digest('base64')}`;

const script = await bundled('main.ts', {
  format: 'iife',
  target: 'es2022',
  define: { 'process.env.NODE_ENV': '"production"' },
  banner: { js: notice },
});
const style = await bundled('report.css', { target: 'chrome110' });
if (/<\/(?:script|style)/i.test(script + style)) throw new Error('the bundle would end its own element');
mkdirSync(out, { recursive: true });
const assets = { script, scriptHash: hash(script), style, styleHash: hash(style) };
writeFileSync(join(out, 'assets.json'), `${JSON.stringify(assets)}\n`);
