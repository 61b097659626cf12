import type { Section } from '../sections.js';
import { blocksMarkup } from './blocks.js';
import type { Chart } from './chart.js';
import { type Tile, tilesMarkup } from './tiles.js';
import { tag, jsonMarkup, NOTHING, trusted, type Html } from './markup.js';

/** Script and style of every report, and their hashes as a Content-Security-Policy has them (`sha256-…`). */
export interface PageAssets {
  readonly script: string;
  readonly scriptHash: string;
  readonly style: string;
  readonly styleHash: string;
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
    <dd>${value}</dd>
  </div>`;

/**
 * The whole file. It loads nothing from anywhere and runs no script but its own: the policy names both by their hashes,
 * so that nothing that a device said can run even if it came through as markup.
 */
export const pageHtml = (page: Page, assets: PageAssets): string => {
  const sections = page.sections
    .map(({ title, id, blocks }) => ({
      title: title ?? '',
      id: id ?? idOf(title ?? ''),
      body: blocksMarkup(blocks),
    }))
    .filter(({ body }) => body.markup.trim() !== '');
  const policy = `default-src 'none'; script-src '${assets.scriptHash}'; style-src '${assets.styleHash}'; base-uri 'none'; form-action 'none'`;
  const badge =
    page.badge === null
      ? NOTHING
      : tag`<p class="badge ${page.badge.word}"><span aria-hidden="true">${page.badge.mark}</span> ${page.badge.word}</p>`;
  const { markup } = tag`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${trusted(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${page.title}</title>
        <style>${trusted(assets.style)}</style>
      </head>
      <body>
        <a class="skip" href="#content">Skip to the report</a>
        <header>
          <div class="title">
            <h1>${page.title}</h1>
            ${badge}
          </div>
          <button type="button" id="theme" hidden>Theme: system</button>
        </header>
        <nav aria-label="Sections">
          <ul>
            ${sections.map(({ id, title }) => tag`<li><a href="#${id}">${title}</a></li>`)}
          </ul>
        </nav>
        <main id="content" tabindex="-1">
          ${tilesMarkup(page.tiles ?? [])}
          <section class="headline" aria-label="Headline">
            ${page.headline.map((line) => tag`<p>${line}</p>`)}
          </section>
          <dl class="facts">${page.facts.map(definition)}</dl>
          ${sections.map(
            ({ id, title, body }) =>
              tag`<section id="${id}" aria-labelledby="${id}-title">
                <h2 id="${id}-title">${title}</h2>
                ${body}
              </section> `,
          )}
        </main>
        <footer><p>${page.footer}</p></footer>
        <script>${trusted(assets.script)}</script>
      </body>
    </html> `;
  return markup;
};
