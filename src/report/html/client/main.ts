import type { Chart } from '../chart.js';
import { drawLanes, type Drawn } from './lanes-chart.js';
import { followPage } from './live.js';
import { addLocalTimes } from './local-times.js';
import { enableTables } from './tables.js';
import { enableTheme } from './theme.js';
import { drawTrend } from './trend-chart.js';

/** The script of a report: it makes tables sortable and draws the charts from the JSON beside them. */

const drawn = new Map<HTMLElement, Drawn>();

const draw = (figure: HTMLElement): void => {
  const data = document.querySelector(`#${figure.dataset['chart'] ?? ''}`);
  if (drawn.has(figure) || data === null) return;
  const chart = JSON.parse(data.textContent) as Chart;
  drawn.set(figure, chart.kind === 'trend' ? drawTrend(figure, chart) : drawLanes(figure, chart));
  figure.dataset['drawn'] = 'yes';
};

const figures = Array.from(document.querySelectorAll<HTMLElement>('figure.chart'));

/** A run of a hundred trials has a hundred timelines: each is drawn when one comes near it. */
const whenNear = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting || !(target instanceof HTMLElement)) continue;
      whenNear.unobserve(target);
      draw(target);
    }
  },
  { rootMargin: '600px' },
);

const refresh = (): void => {
  for (const each of drawn.values()) each.refresh();
};

const forPrint = (isPrint: boolean): void => {
  document.documentElement.classList.toggle('printing', isPrint);
  if (isPrint) for (const figure of figures) draw(figure);
  refresh();
};

const live = document.querySelector<HTMLElement>('main[data-live]');
if (live === null) enableTables();
else void followPage(live);
enableTheme(refresh);
addLocalTimes();
for (const figure of figures) whenNear.observe(figure);
window.addEventListener('beforeprint', () => forPrint(true));
window.addEventListener('afterprint', () => forPrint(false));

let width = window.innerWidth;
window.addEventListener('resize', () => {
  if (window.innerWidth === width) return;
  width = window.innerWidth;
  refresh();
});
