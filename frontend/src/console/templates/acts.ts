// The acts that a text goes with.
import { fieldsOf } from '../actFields';

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
].filter((act) => fieldsOf(act).some(({ input }) => input === 'lines'));
