import type { Verdict } from '../../model/record.js';
import { VERDICT_MARK } from '../sections.js';
import { type Html, NOTHING, tag } from './markup.js';

/** One answer of the first screen. */
export interface Tile {
  readonly name: string;
  /** A figure or a word or two. */
  readonly value: string;
  /** What it rests on, and what it was held against. */
  readonly note: string;
  /** null: nothing was promised of it. Its mark stands beside the value: the colour alone says nothing. */
  readonly verdict: Verdict | null;
  /** Of the element of the page that shows it; left out or null: none does. */
  readonly link?: string | null;
}

const tileMarkup = ({ name, value, note, verdict, link = null }: Tile): Html => {
  const mark =
    verdict === null
      ? NOTHING
      : tag`<span class="mark" role="img" aria-label="${verdict}:">${VERDICT_MARK[verdict]}</span> `;
  const said = link === null ? tag`${value}` : tag`<a href="#${link}">${value}</a>`;
  return tag`<div class="tile ${verdict ?? 'unjudged'}">
      <dt>${name}</dt>
      <dd class="tile-value">${mark}${said}</dd>
      <dd class="tile-note">${note}</dd>
    </div>`;
};

export const tilesMarkup = (tiles: readonly Tile[]): Html =>
  tiles.length === 0 ? NOTHING : tag`<dl class="tiles">${tiles.map(tileMarkup)}</dl>`;
