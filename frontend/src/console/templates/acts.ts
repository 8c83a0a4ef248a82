/** The acts that a text goes with. */
export const templateActs: readonly string[] = [
  'ask',
  'refuse',
  'return',
  'request_extension',
  'deny_extension',
  'supplement',
  'resolve',
  'publish',
  'reopen',
  'withdraw',
];
