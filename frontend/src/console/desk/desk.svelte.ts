import { lockDesk, whoAmI, type Duty, type Who } from '../../api/session';
import { begin, step, type Happening, type Hold } from './hold';

const tickMs = 5000;

/** The paired desk that this machine is. start() watches hands and keys; stop() ends it. */
export class PairedDesk {
  duty: Duty;
  hold = $state.raw<Hold>(begin('vacant', 0));

  readonly #told: (who: Who) => void;
  #timer: ReturnType<typeof setInterval> | undefined;
  #busy = false;

  /** `told` hears who is there whenever the server says so. */
  constructor(duty: Duty, told: (who: Who) => void) {
    this.duty = $state.raw(duty);
    this.hold = begin(duty.standing, Date.now());
    this.#told = told;
  }

  start(): void {
    window.addEventListener('pointerdown', this.#touched, { passive: true });
    window.addEventListener('keydown', this.#key, { capture: true });
    this.#timer = setInterval(() => {
      this.happen({ kind: 'tick' });
    }, tickMs);
  }

  stop(): void {
    window.removeEventListener('pointerdown', this.#touched);
    window.removeEventListener('keydown', this.#key, { capture: true });
    clearInterval(this.#timer);
  }

  happen(event: Happening): void {
    const { hold, deed } = step(this.hold, event, Date.now(), this.duty.idleMs);
    this.hold = hold;
    if (deed === 'tell') void this.#ask(whoAmI);
    if (deed === 'lock') void this.#ask(lockDesk);
  }

  async #ask(question: () => Promise<Who>): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#told(await question());
    } catch {
      return; // a lock that is owed is asked for again; what is only told can wait
    } finally {
      this.#busy = false;
    }
  }

  #touched = (): void => {
    this.happen({ kind: 'touched' });
  };

  // F8 and F2 mean nothing to browsers, and a hand finds them while it types.
  #key = (event: KeyboardEvent): void => {
    const plain = !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey;
    if (plain && event.key === 'F8') this.happen({ kind: 'lock' });
    else if (plain && event.key === 'F2') this.happen({ kind: 'change' });
    else {
      this.happen({ kind: 'touched' });
      return;
    }
    event.preventDefault();
  };
}
