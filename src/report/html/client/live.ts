import { addLocalTimes } from './local-times.js';

/** A page that is asked for again while it is open: what is new takes the place of what was there, and nothing else moves. */

const EVERY_MS = 500;
/** After an answer that did not come. */
const PATIENCE_MS = 2000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

const sameKind = (a: Node, b: Node): boolean =>
  a instanceof Element &&
  b instanceof Element &&
  a.tagName === b.tagName &&
  a.childNodes.length === b.childNodes.length;

const copyAttributes = (from: Element, to: Element): void => {
  for (const { name } of Array.from(to.attributes)) if (!from.hasAttribute(name)) to.removeAttribute(name);
  for (const { name, value } of Array.from(from.attributes))
    if (to.getAttribute(name) !== value) to.setAttribute(name, value);
};

/** Makes what is shown as it is now, by as few changes as there are: focus, selection and scrolling stay. */
const update = (shown: Node, now: Node): void => {
  if (shown.isEqualNode(now)) return;
  if (!sameKind(shown, now)) {
    shown.parentNode?.replaceChild(document.importNode(now, true), shown);
    return;
  }
  copyAttributes(now as Element, shown as Element);
  const next = Array.from(now.childNodes);
  for (const [index, child] of Array.from(shown.childNodes).entries()) {
    const other = next[index];
    if (other !== undefined) update(child, other);
  }
};

/** @returns false: there is nothing to follow any more. */
const again = async (main: HTMLElement): Promise<boolean> => {
  const response = await fetch(location.href, { cache: 'no-cache' });
  if (response.redirected) {
    location.replace(response.url);
    return false;
  }
  if (!response.ok) {
    // It says why.
    location.reload();
    return false;
  }
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const now = page.querySelector<HTMLElement>('main[data-live]');
  if (now === null) return false;
  update(main, now);
  addLocalTimes();
  return true;
};

/** Who serves it may be gone for a while: that is said, and it is asked again. */
export const followPage = async (main: HTMLElement): Promise<void> => {
  for (;;) {
    await wait(EVERY_MS);
    if (document.hidden) continue;
    try {
      const goesOn = await again(main);
      document.documentElement.classList.remove('away');
      if (!goesOn) return;
    } catch {
      document.documentElement.classList.add('away');
      await wait(PATIENCE_MS);
    }
  }
};
