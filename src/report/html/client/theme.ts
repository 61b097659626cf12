/** The switch between the system's, the light and the dark theme. A report keeps nothing: each opening starts anew. */

const THEMES = ['system', 'light', 'dark'] as const;

/** Calls `onChange` whenever the colours are others: by the switch, by the system, before and after printing. */
export const enableTheme = (onChange: () => void): void => {
  const button = document.querySelector<HTMLButtonElement>('#theme');
  const root = document.documentElement;
  if (button !== null) {
    let current = 0;
    button.hidden = false;
    button.addEventListener('click', () => {
      current = (current + 1) % THEMES.length;
      const theme = THEMES[current] ?? 'system';
      root.dataset['theme'] = theme;
      button.textContent = `Theme: ${theme}`;
      onChange();
    });
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onChange);
  matchMedia('print').addEventListener('change', onChange);
};
