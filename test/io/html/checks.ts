/* What is asked of every page in a browser. */

/** Text with less contrast than WCAG 2.2, 1.4.3 asks for: 4.5, or 3 where it is large. */
export const FAINT = `(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (each) => {
    const color = numbers(getComputedStyle(each).backgroundColor);
    return color[3] === 0 ? (each.parentElement === null ? [255, 255, 255] : ground(each.parentElement)) : color;
  };
  const faint = [];
  for (const each of document.querySelectorAll('body *')) {
    const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== '');
    if (!own || each.offsetParent === null || each.tagName === 'SCRIPT' || each.tagName === 'NOSCRIPT') continue;
    const style = getComputedStyle(each);
    const [a, b] = [luminance(numbers(style.color)), luminance(ground(each))];
    const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const isLarge = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5)) faint.push(each.outerHTML.slice(0, 80) + ' ' + contrast.toFixed(2));
  }
  return faint;
})()`;
/** The names of all landmarks: no two may be alike (WAI-ARIA, region). */
export const LANDMARKS = `[...document.querySelectorAll('section, nav, [role=region]')].map((each) =>
  each.getAttribute('aria-label') ?? document.getElementById(each.getAttribute('aria-labelledby')).textContent)`;
