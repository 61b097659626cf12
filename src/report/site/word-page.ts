import { pageHtml, type PageAssets } from '../html/page.js';

/** A page that says why there is none. */
export const wordHtml = (title: string, words: readonly string[], assets: PageAssets): string =>
  pageHtml(
    { title, badge: null, headline: words, facts: [], sections: [], footer: 'Served by seqgap.' },
    assets,
  );
