/** Colours and patterns, read from the style sheet, so that light, dark and print are in one place. */

export interface Palette {
  readonly text: string;
  readonly faint: string;
  readonly line: string;
  readonly paper: string;
  readonly stripe: string;
  readonly loss: string;
  readonly late: string;
  readonly good: string;
  readonly neutral: string;
  readonly accent: string;
  readonly rtt: string;
}

export const paletteOf = (element: Element): Palette => {
  const style = getComputedStyle(element);
  const color = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: color('text'),
    faint: color('faint'),
    line: color('line'),
    paper: color('paper'),
    stripe: color('stripe'),
    loss: color('loss'),
    late: color('late'),
    good: color('good'),
    neutral: color('neutral'),
    accent: color('accent'),
    rtt: color('rtt'),
  };
};

export type Pattern = 'hatch' | 'dots' | 'cross';

const SIZE = 8;

const draw: Readonly<Record<Pattern, (context: CanvasRenderingContext2D) => void>> = {
  hatch: (context) => {
    context.beginPath();
    for (const shift of [-SIZE, 0, SIZE]) {
      context.moveTo(shift - 1, SIZE + 1);
      context.lineTo(shift + SIZE + 1, -1);
    }
    context.stroke();
  },
  dots: (context) => {
    context.beginPath();
    context.arc(2, 2, 1.1, 0, 2 * Math.PI);
    context.arc(6, 6, 1.1, 0, 2 * Math.PI);
    context.fill();
  },
  cross: (context) => {
    context.beginPath();
    context.moveTo(0, 0);
    context.lineTo(SIZE, SIZE);
    context.moveTo(SIZE, 0);
    context.lineTo(0, SIZE);
    context.stroke();
  },
};

const tiles = new Map<string, HTMLCanvasElement>();

/** A fill that is told from others without its colour. */
export const patternFill = (
  pattern: Pattern,
  ink: string,
  ground: string,
): { image: HTMLCanvasElement; repeat: 'repeat' } => {
  const key = `${pattern} ${ink} ${ground}`;
  let image = tiles.get(key);
  if (image === undefined) {
    image = document.createElement('canvas');
    image.width = SIZE;
    image.height = SIZE;
    const context = image.getContext('2d');
    if (context !== null) {
      context.fillStyle = ground;
      context.fillRect(0, 0, SIZE, SIZE);
      context.strokeStyle = ink;
      context.fillStyle = ink;
      context.lineWidth = 1.2;
      draw[pattern](context);
    }
    tiles.set(key, image);
  }
  return { image, repeat: 'repeat' };
};
