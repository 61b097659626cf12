import type { LanesChart } from '../chart.js';
import { element } from './element.js';
import { saySeconds } from './scale.js';

type Range = readonly [from: number, to: number];

interface Zoomed {
  readonly current: () => Range;
  readonly show: (from: number, to: number) => void;
}

const STEP = 0.25;
const FACTOR = 2;

interface Move {
  readonly keys: readonly string[];
  readonly sign: string;
  readonly name: string;
  readonly to: (range: Range) => Range;
}

const zoomed = ([from, to]: Range, factor: number): Range => {
  const middle = (from + to) / 2;
  const half = ((to - from) * factor) / 2;
  return [middle - half, middle + half];
};

const moved = ([from, to]: Range, share: number): Range => {
  const by = (to - from) * share;
  return [from + by, to + by];
};

const MOVES: readonly Move[] = [
  { keys: ['ArrowLeft'], sign: '←', name: 'Earlier', to: (range) => moved(range, -STEP) },
  { keys: ['ArrowRight'], sign: '→', name: 'Later', to: (range) => moved(range, STEP) },
  { keys: ['+', '='], sign: '+', name: 'Zoom in', to: (range) => zoomed(range, 1 / FACTOR) },
  { keys: ['-', '_'], sign: '−', name: 'Zoom out', to: (range) => zoomed(range, FACTOR) },
];

const button = (text: string, name: string, onClick: () => void): HTMLButtonElement => {
  const made = element('button', '', text);
  made.type = 'button';
  if (text !== name) made.setAttribute('aria-label', name);
  made.addEventListener('click', onClick);
  return made;
};

/** Buttons above a timeline, and the same by keys where it has the focus. @returns says what is shown now. */
export const toolbar = (
  figure: HTMLElement,
  plot: HTMLElement,
  chart: LanesChart,
  { current, show }: Zoomed,
): ((range: Range) => void) => {
  const bar = element('div', 'toolbar');
  bar.setAttribute('role', 'toolbar');
  bar.setAttribute('aria-label', 'What the timeline shows');
  const range = element('output', 'range');
  const say = ([from, to]: Range): void => {
    range.textContent = `${saySeconds(from)} to ${saySeconds(to)}`;
  };
  const views = chart.views.map(({ name, from, to }) => button(name, name, () => show(from, to)));
  const moves = MOVES.map(({ sign, name, to }) => button(sign, name, () => show(...to(current()))));
  bar.append(...views, ...moves, range);
  figure.insertBefore(bar, plot);
  plot.tabIndex = 0;
  plot.setAttribute('role', 'group');
  plot.setAttribute(
    'aria-label',
    `${figure.getAttribute('aria-label') ?? ''} Arrow keys move, + and - zoom, 0 shows all.`,
  );
  plot.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const move = MOVES.find(({ keys }) => keys.includes(event.key));
    if (move === undefined && event.key !== '0') return;
    event.preventDefault();
    if (move === undefined) show(chart.from, chart.to);
    else show(...move.to(current()));
  });
  say(current());
  return say;
};
