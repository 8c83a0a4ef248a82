/** Puts a text in where one writes, over what is selected, apart from what stands beside it. Returns where to go on. */
export function insertText(value: string, from: number, to: number, text: string): { value: string; at: number } {
  const before = value.slice(0, from);
  const after = value.slice(to);
  const gap = before === '' || /\s$/.test(before) ? '' : '\n';
  const tail = after === '' || /^\s/.test(after) ? '' : '\n';
  return { value: before + gap + text + tail + after, at: before.length + gap.length + text.length };
}
