// What of a text was hidden: the words of what was written and of what became of it, told apart.

export interface Part {
  text: string;
  /** Stands in this text only. */
  own: boolean;
}

export interface Difference {
  before: Part[];
  after: Part[];
}

/** Compares two texts word by word. */
export function differenceOf(before: string, after: string): Difference {
  const a = words(before);
  const b = words(after);
  const kept = keptWords(a, b);
  return {
    before: parts(a, (i) => kept.before.has(i)),
    after: parts(b, (i) => kept.after.has(i)),
  };
}

/** Words with the space that follows them. */
function words(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}

/** The longest run of words that both have in the same order. */
function keptWords(a: readonly string[], b: readonly string[]): { before: Set<number>; after: Set<number> } {
  const same = (i: number, j: number): boolean => a[i]?.trimEnd() === b[j]?.trimEnd();
  const longest = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  const at = (i: number, j: number): number => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    const row = longest[i];
    if (row === undefined) continue;
    for (let j = b.length - 1; j >= 0; j--)
      row[j] = same(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  }
  const before = new Set<number>();
  const after = new Set<number>();
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if (same(i, j)) {
      before.add(i++);
      after.add(j++);
    } else if (at(i + 1, j) >= at(i, j + 1)) i++;
    else j++;
  }
  return { before, after };
}

/** Neighbouring words of one kind become one part. */
function parts(list: readonly string[], kept: (i: number) => boolean): Part[] {
  const joined: Part[] = [];
  list.forEach((text, i) => {
    const own = !kept(i);
    const last = joined.at(-1);
    if (last?.own === own) last.text += text;
    else joined.push({ text, own });
  });
  return joined;
}
