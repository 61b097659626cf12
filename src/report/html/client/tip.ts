import type { EChartsType } from 'echarts/core';
import { element } from './element.js';

/** Says beside the pointer what is below it. The lines are set as text: they hold words of devices. */
export const showTip = (
  drawn: EChartsType,
  plot: HTMLElement,
  linesAt: (x: number, y: number) => readonly string[] | null,
): void => {
  const tip = element('div', 'tip');
  tip.hidden = true;
  tip.setAttribute('aria-hidden', 'true');
  plot.append(tip);
  const zr = drawn.getZr();
  zr.on('mousemove', ({ offsetX, offsetY }: { offsetX: number; offsetY: number }) => {
    const lines = linesAt(offsetX, offsetY);
    tip.hidden = lines === null;
    if (lines === null) return;
    tip.replaceChildren(...lines.map((line, index) => element('div', index === 0 ? 'tip-lead' : '', line)));
    const left = drawn.getDom().offsetLeft + offsetX;
    const toLeft = left + tip.offsetWidth + 20 > plot.clientWidth;
    tip.style.left = `${Math.max(0, toLeft ? left - tip.offsetWidth - 12 : left + 12)}px`;
    tip.style.top = `${offsetY + 14}px`;
  });
  zr.on('globalout', () => {
    tip.hidden = true;
  });
};
