// What the server asks of a password, as far as it can be told before sending.

export const leastPassword = 12;

/** Characters as people count them: the server counts the same form. */
export function lengthOf(password: string): number {
  return Array.from(password.normalize('NFC')).length;
}
