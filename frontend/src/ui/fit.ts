/**
 * As many whole words of a text as there is room for, with "…" where some are left out. A word is never cut: half a
 * word is read as another one. The first word always stays.
 */
export function fitWords(text: string, room: number, measure: (text: string) => number): string {
  if (measure(text) <= room) return text;
  const words = text.split(' ');
  let [least, most] = [1, words.length - 1];
  const shortened = (count: number): string =>
    `${words
      .slice(0, count)
      .join(' ')
      .replace(/[\s,.;:–-]+$/u, '')}…`;
  while (least < most) {
    const half = Math.ceil((least + most) / 2);
    if (measure(shortened(half)) <= room) least = half;
    else most = half - 1;
  }
  return shortened(least);
}
