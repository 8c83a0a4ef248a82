/** Sizes of what is drawn, in CSS pixels. */
export interface Sizes {
  /** A pixel at 1080 lines and density "near"; it follows the root font size. */
  scale: number;
  /** The names; 0 for none. */
  textPx: number;
  /** The counts on stacks, for digits are read at a smaller angle than text; 0 for none. */
  countPx: number;
}

/** Names at 1080 lines when nobody says how far the eyes are. */
const usualTextPx = 25;

export function sizesOf(scale: number, textPx = usualTextPx * scale): Sizes {
  return { scale, textPx, countPx: textPx * 0.8 };
}

/** How large a 1080-line pixel is now: the root font size is what scales with wall and density. */
export function rootScale(): number {
  return Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
}
