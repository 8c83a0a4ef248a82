import { onNobody, Problem } from '../../api/request';
import { enterCode, offerFactor, signIn, signOut, takeInvitation, whoAmI, type Who } from '../../api/session';
import { m } from '../../i18n/messages/messages.js';
import { Drafts } from '../drafts.svelte';
import { faultWord, reasonOf, waitOf } from './faults';

/** What stands between somebody and the console; `in` when nothing does. */
export type Door = 'asking' | 'invited' | 'sign-in' | 'code' | 'enrol' | 'recovery' | 'in';

const retryMs = 3000;
const invitation = /^#loi-moi=([\w-]{8,200})$/;

/** The token of a one-time link; empty when the fragment is none. */
export function invitationOf(hash: string): string {
  return invitation.exec(hash)?.[1] ?? '';
}

/**
 * Who sits at the console and how they came in. What somebody typed and not sent waits here while they sign in again,
 * and for nobody else. start() begins asking; stop() ends it.
 */
export class Account {
  who = $state.raw<Who | null>(null);
  door = $state<Door>('asking');
  busy = $state(false);
  /** What is wrong with what was entered last. */
  fault = $state('');
  /** Why one stands before the door. */
  notice = $state('');
  unreachable = $state(false);
  login = $state('');
  password = $state('');
  /** The second factor that is being set up. */
  factor = $state.raw<{ secret: string; address: string } | null>(null);
  recovery = $state.raw<readonly string[]>([]);
  /** Until when no further try is taken, by this machine's clock. */
  waitUntil = $state(0);
  drafts = $state.raw(new Drafts());
  /** The report that was open last. */
  opened = $state('');

  #token = '';
  #draftsOf = '';
  #checking = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    onNobody(() => void this.#check());
    if (!this.invite(window.location.hash)) void this.#ask();
  }

  stop(): void {
    clearTimeout(this.#timer);
    onNobody(() => undefined);
  }

  /** Takes the token out of a one-time link and at once out of the address and its history; false when there is none. */
  invite(hash: string): boolean {
    const token = invitationOf(hash);
    if (token === '') return false;
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
    clearTimeout(this.#timer);
    this.#token = token;
    this.#stand('invited', '');
    return true;
  }

  /** True while the machine itself is trusted and nobody signs in. */
  get desk(): boolean {
    return this.who?.desk === true;
  }

  may(action: string): boolean {
    return this.who?.rights[action] !== undefined;
  }

  async signIn(): Promise<void> {
    await this.#try(async () => {
      const who = await signIn(this.login, this.password);
      this.password = '';
      await this.#admit(who);
    });
  }

  async enterCode(code: string): Promise<void> {
    await this.#try(async () => {
      await this.#admit(await enterCode(code.replace(/\s/g, '')));
    });
  }

  async takeInvitation(password: string): Promise<void> {
    await this.#try(async () => {
      this.login = await takeInvitation(this.#token, password);
      this.#token = '';
      this.password = password;
      this.#stand('sign-in', m.account_password_set({ login: this.login }));
    });
  }

  /** Sets up a second factor of one's own accord. Throws Problem: 409 when there is one. */
  async addFactor(): Promise<void> {
    this.factor = await offerFactor();
    this.#stand('enrol', '');
  }

  /** Goes on after the recovery codes were put away. */
  proceed(): void {
    this.recovery = [];
    this.#enter();
  }

  /** Leaves a one-time link or a half-finished sign-in. */
  async restart(): Promise<void> {
    this.#token = '';
    if (this.who?.stage === 'full') {
      this.#enter();
      return;
    }
    if (this.who === null || this.who.stage === 'none') {
      await this.#ask(); // perhaps somebody was signed in before the link
      return;
    }
    await this.#quietly(signOut);
    this.who = null;
    this.#stand('sign-in', '');
  }

  /** Signs out; what was typed is forgotten, for somebody else may sit down. False when the server was not reached. */
  async signOut(): Promise<boolean> {
    if (!(await this.#quietly(signOut))) return false;
    this.who = null;
    this.#forget('');
    this.login = '';
    window.history.replaceState(null, '', window.location.pathname + window.location.search);
    this.#stand('sign-in', m.account_signed_out());
    return true;
  }

  async #ask(): Promise<void> {
    try {
      const who = await whoAmI();
      this.unreachable = false;
      await this.#admit(who);
    } catch {
      this.unreachable = true;
      this.#timer = setTimeout(() => void this.#ask(), retryMs * (0.5 + Math.random()));
    }
  }

  /** Some answer said that nobody is signed in: is it so? */
  async #check(): Promise<void> {
    if (this.door !== 'in' || this.#checking) return;
    this.#checking = true;
    try {
      const who = await whoAmI();
      if (who.stage === 'full') return;
      this.login = this.who?.person?.login ?? '';
      this.who = null;
      this.#stand('sign-in', m.account_ended());
    } catch {
      return; // the next refusal asks again
    } finally {
      this.#checking = false;
    }
  }

  async #admit(who: Who): Promise<void> {
    this.who = who;
    if (who.stage === 'none') this.#stand('sign-in', '');
    else if (who.stage === 'code') this.#stand('code', '');
    else if (who.stage === 'enrol') {
      this.factor = await offerFactor();
      this.#stand('enrol', '');
    } else if (who.recovery.length > 0) {
      this.recovery = who.recovery;
      this.factor = null;
      this.#stand('recovery', '');
    } else this.#enter();
  }

  #enter(): void {
    const person = this.who?.person?.id ?? 'desk';
    if (person !== this.#draftsOf) this.#forget(person);
    this.password = '';
    this.factor = null;
    this.#stand('in', '');
  }

  #forget(person: string): void {
    this.#draftsOf = person;
    this.drafts = new Drafts();
    this.opened = '';
  }

  #stand(door: Door, notice: string): void {
    this.door = door;
    this.notice = notice;
    this.fault = '';
  }

  async #try(deed: () => Promise<void>): Promise<void> {
    if (this.busy || Date.now() < this.waitUntil) return;
    this.busy = true;
    this.fault = '';
    try {
      await deed();
    } catch (err) {
      this.#refused(err);
    } finally {
      this.busy = false;
    }
  }

  #refused(err: unknown): void {
    if (err instanceof Problem) {
      if (err.status === 429) this.waitUntil = Date.now() + waitOf(err) * 1000;
      if (this.door === 'invited' && err.status === 404) {
        this.#token = '';
        this.#stand('sign-in', m.invite_void());
        return;
      }
      // Too many wrong codes, or ten minutes without one.
      if ((this.door === 'code' || this.door === 'enrol') && err.status === 401 && reasonOf(err) !== 'code') {
        this.who = null;
        this.#stand('sign-in', m.account_half_over());
        return;
      }
    }
    this.fault = faultWord(err);
  }

  async #quietly(deed: () => Promise<void>): Promise<boolean> {
    try {
      await deed();
      return true;
    } catch {
      return false;
    }
  }
}
