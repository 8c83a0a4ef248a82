import { faultWord } from './account/faults';

/** What a page does at the server, one thing at a time, and what went wrong last in words. */
export class Deed {
  busy = $state(false);
  fault = $state('');

  /** Does it; false when it went wrong. */
  async run(act: () => Promise<void>): Promise<boolean> {
    this.busy = true;
    this.fault = '';
    try {
      await act();
      return true;
    } catch (err) {
      this.fault = faultWord(err);
      return false;
    } finally {
      this.busy = false;
    }
  }
}
