/** The first letters of the last two words of a name: what a Vietnamese name is told apart by. */
export function initials(name: string): string {
  return name
    .trim()
    .split(/\s+/)
    .slice(-2)
    .map((word) => word.slice(0, 1))
    .join('')
    .toLocaleUpperCase('vi');
}
