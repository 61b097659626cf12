import type { Section } from '../sections.js';
import { blocksMarkup } from './blocks.js';
import type { Chart } from './chart.js';
import { type Tile, tilesMarkup } from './tiles.js';
import { tag, jsonMarkup, NOTHING, timed, trusted, type Html } from './markup.js';

/** Script and style of every report, and their hashes as a Content-Security-Policy has them (`sha256-…`). */
export interface PageAssets {
  readonly script: string;
  readonly scriptHash: string;
  readonly style: string;
  readonly styleHash: string;
  /** Of the site that serves the page; left out: it is a file by itself. */
  readonly site?: Site;
}

export interface SiteLink {
  readonly href: string;
  readonly text: string;
}

/** What pages have in common that are served. */
export interface Site {
  /** Where their script is. */
  readonly script: string;
  readonly links: readonly SiteLink[];
}

export interface Page {
  readonly title: string;
  /** One word beside the title, with its mark; null: none. */
  readonly badge: { readonly word: string; readonly mark: string } | null;
  /** Above all else; none where a sentence says it all. */
  readonly tiles?: readonly Tile[];
  readonly headline: readonly string[];
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly sections: readonly Section[];
  readonly footer: string;
  /** It is asked for again and shows what is new while it is open. */
  readonly isLive?: boolean;
}

/** What a chart says to those who do not see it, and the room it is drawn in. */
export const chartMarkup = (id: string, label: string, chart: Chart): Html =>
  tag`<figure
    class="chart"
    id="${id}"
    data-chart="${id}-data"
    data-kind="${chart.kind}"
    aria-label="${label}"
  >
    <script type="application/json" id="${id}-data">
      ${jsonMarkup(chart)}
    </script>
    <noscript
      ><p class="aside">The chart needs its script; the tables below hold the same figures.</p></noscript
    >
  </figure> `;

const idOf = (title: string): string => title.toLowerCase().replaceAll(' ', '-');

const definition = ([name, value]: readonly [string, string]): Html =>
  tag`<div>
    <dt>${name}</dt>
    <dd>${timed(value)}</dd>
  </div>`;

/** Both policies have this; nothing that a device said can run even if it came through as markup. */
const policyOf = ({ styleHash }: PageAssets, script: string): string =>
  `default-src 'none'; script-src ${script}; style-src '${styleHash}'; base-uri 'none'`;

/** The Content-Security-Policy of a file: it loads nothing from anywhere, and runs no script but its own, by its hash. */
const filePolicy = (assets: PageAssets): string =>
  `${policyOf(assets, `'${assets.scriptHash}'`)}; form-action 'none'`;

/** The same of a page that is served, for its header: the script, forms and what is asked again are of the site alone. */
export const sitePolicy = (assets: PageAssets): string =>
  `${policyOf(assets, "'self'")}; connect-src 'self'; form-action 'self'; frame-ancestors 'none'`;

const siteNav = ({ links }: Site): Html =>
  tag`<nav class="site" aria-label="Site">
    <ul>
      ${links.map(({ href, text }) => tag`<li><a href="${href}">${text}</a></li>`)}
    </ul>
  </nav>`;

const headlineMarkup = (lines: readonly string[]): Html =>
  tag`<section class="headline" aria-label="Headline">
    ${lines.map((line) => tag`<p>${timed(line)}</p>`)}
  </section>`;

const sectionsNav = (sections: readonly { readonly id: string; readonly title: string }[]): Html =>
  tag`<nav aria-label="Sections">
    <ul>
      ${sections.map(({ id, title }) => tag`<li><a href="#${id}">${title}</a></li>`)}
    </ul>
  </nav>`;

/** The whole document: a file, or a page of a site, which then has its policy in its header. */
export const pageHtml = (page: Page, assets: PageAssets): string => {
  const { site } = assets;
  const sections = page.sections
    .map(({ title, id, blocks }) => ({
      title: title ?? '',
      id: id ?? idOf(title ?? ''),
      body: blocksMarkup(blocks),
    }))
    .filter(({ body }) => body.markup.trim() !== '');
  const badge =
    page.badge === null
      ? NOTHING
      : tag`<p class="badge ${page.badge.word}"><span aria-hidden="true">${page.badge.mark}</span> ${page.badge.word}</p>`;
  const { markup } = tag`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        ${site === undefined ? tag`<meta http-equiv="Content-Security-Policy" content="${trusted(filePolicy(assets))}" />` : NOTHING}
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${page.title}</title>
        <style>${trusted(assets.style)}</style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the report</a>
        ${site === undefined ? NOTHING : siteNav(site)}
        <header>
          <div class="title">
            <h1>${page.title}</h1>
            ${badge}
          </div>
          <button type="button" id="theme" hidden>Theme: system</button>
        </header>
        ${sections.length === 0 ? NOTHING : sectionsNav(sections)}
        <main id="content" tabindex="-1"${page.isLive === true ? tag` data-live="yes"` : NOTHING}>
          ${tilesMarkup(page.tiles ?? [])}
          ${page.headline.length === 0 ? NOTHING : headlineMarkup(page.headline)}
          ${page.facts.length === 0 ? NOTHING : tag`<dl class="facts">${page.facts.map(definition)}</dl>`}
          ${sections.map(
            ({ id, title, body }) =>
              tag`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${title}</h2>
                ${body}
              </section> `,
          )}
        </main>
        <footer><p>${page.footer}</p></footer>
        ${site === undefined ? tag`<script>${trusted(assets.script)}</script>` : tag`<script src="${site.script}"></script>`}
      </body>
    </html> `;
  return markup;
};
