import { onNobody, Problem } from '../../api/request';
import { enterCode, offerFactor, signIn, signOut, takeInvitation, whoAmI, type Who } from '../../api/session';
import { m } from '../../i18n/messages/messages.js';
import { PairedDesk } from '../desk/desk.svelte';
import { Drafts } from '../drafts.svelte';
import { awayWord, faultWord, reasonOf, waitOf } from './faults';

/** What stands between somebody and the console; `in` when nothing does. */
export type Door = 'asking' | 'invited' | 'sign-in' | 'code' | 'enrol' | 'recovery' | 'in';

const retryMs = 3000;
const returned = /^#dang-nhap=([a-z_]{1,40})$/;
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
  /** The paired desk that this machine is; null where it is none. */
  paired = $state.raw<PairedDesk | null>(null);
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
  /** The words on the sign-in provider's button, as they were told last; empty without one. */
  provider = $state('');
  /** Where to sign out at the sign-in provider too; empty when there is no such place. */
  leave = $state('');
  drafts = $state.raw(new Drafts());
  /** The report that was open last. */
  opened = $state('');

  #token = '';
  #draftsOf = '';
  #checking = false;
  #away = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    onNobody(() => void this.#check());
    if (this.invite(window.location.hash)) return;
    this.#away = this.#cameBack(window.location.hash);
    void this.#ask();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#setDesk(null);
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

  /** The word with which the sign-in provider's road ended here, out of the address; empty when nobody came that way. */
  #cameBack(hash: string): string {
    const reason = returned.exec(hash)?.[1] ?? '';
    if (reason !== '') window.history.replaceState(null, '', window.location.pathname + window.location.search);
    return reason;
  }

  /** True while the machine itself is trusted and nobody signs in. */
  get desk(): boolean {
    return this.who?.desk === true;
  }

  /** Whether an action is theirs who sit here; at a paired desk also what the desk itself may. */
  may(action: string): boolean {
    return (this.who?.rights[action] ?? this.who?.duty?.rights[action]) !== undefined;
  }

  /** Who may act now: changes when the one on duty does, and when the desk locks or opens. */
  get acting(): string {
    return `${this.who?.person?.id ?? ''} ${this.paired?.hold.standing ?? ''}`;
  }

  /** Asks anew who sits here, after something about them or their machine was changed. */
  async look(): Promise<void> {
    try {
      this.#hear(await whoAmI());
    } catch {
      return; // a desk's next word asks again
    }
  }

  /** Takes in who was put on duty, or unlocked the desk. */
  admitAtDesk(who: Who): void {
    this.who = who;
    this.paired?.happen({ kind: 'admitted' });
    this.#enter();
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
    await this.#quietly(async () => {
      await signOut();
    });
    this.who = null;
    await this.#ask(); // a paired desk stays one
  }

  /** Signs out; what was typed is forgotten, for somebody else may sit down. False when the server was not reached. */
  async signOut(): Promise<boolean> {
    let leave = '';
    const out = await this.#quietly(async () => {
      leave = await signOut();
    });
    if (!out) return false;
    if (this.paired !== null) {
      await this.look();
      return true;
    }
    this.leave = leave;
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
      if (who.duty !== null) {
        this.#hear(who);
        this.paired?.happen({ kind: 'refused' });
        return;
      }
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

  /** What the server says of who sits here: the page stays as it is, also while people come and go at a paired desk. */
  #hear(who: Who): void {
    this.who = who;
    const was = this.paired !== null;
    if (who.duty?.desk !== this.paired?.duty.desk) this.#setDesk(who.duty);
    if (who.duty === null) {
      if (who.stage !== 'full') this.#stand('sign-in', was ? m.desk_ended() : m.account_ended());
      return;
    }
    this.paired?.happen({ kind: 'said', standing: who.duty.standing });
    this.#keepDrafts();
  }

  #setDesk(duty: Who['duty']): void {
    this.paired?.stop();
    this.paired = null;
    if (duty === null) return;
    this.paired = new PairedDesk(duty, (who) => {
      this.#hear(who);
    });
    this.paired.start();
  }

  async #admit(who: Who): Promise<void> {
    this.who = who;
    this.provider = who.provider;
    if (who.duty?.desk !== this.paired?.duty.desk) this.#setDesk(who.duty);
    if (who.duty !== null && (who.stage === 'none' || who.stage === 'full')) {
      this.paired?.happen({ kind: 'said', standing: who.duty.standing });
      this.#enter();
      return;
    }
    if (who.stage === 'none') this.#turnAway();
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

  /** Before the door, with a word about the other door where that did not open. */
  #turnAway(): void {
    const reason = this.#away;
    this.#away = '';
    this.#stand('sign-in', '');
    if (reason !== '') this.fault = awayWord(reason);
  }

  /** What somebody typed waits for them alone. At a paired desk the open report stays, for it is the desk's. */
  #keepDrafts(): void {
    const person = this.who?.person?.id ?? 'desk';
    if (person === this.#draftsOf) return;
    const opened = this.paired === null ? '' : this.opened;
    this.#forget(person);
    this.opened = opened;
  }

  #enter(): void {
    this.#keepDrafts();
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
