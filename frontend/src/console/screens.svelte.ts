import { SvelteSet } from 'svelte/reactivity';
import { Problem } from '../api/request';
import {
  deleteScreen,
  endMeeting,
  fetchScenes,
  listScreens,
  pairScreen,
  revokeScreen,
  saveScreen,
  sendOrder,
  startMeeting,
  type ListedScreen,
  type OrderAnswer,
  type SceneName,
  type ScreenSettings,
  type ShowOrder,
} from '../api/screens';
import { m } from '../i18n/messages/messages.js';
import { getLocale } from '../i18n/messages/runtime.js';
import { awaited } from './screenRows';

const slowMs = 5000;
const fastMs = 1000;
// A page that never answers must not be asked about each second for ever.
const awaitMs = 60_000;

/** What could not be sent because some screens cannot show it, and may be sent to the others. */
interface Held {
  show: ShowOrder;
  screens: string[];
}

/** The screens as the server last told, whom to send to, and what became of the last deed. */
export class ScreenDesk {
  list = $state.raw<readonly ListedScreen[]>([]);
  scenes = $state.raw<readonly SceneName[]>([]);
  /** The server's clock minus this machine's. */
  offset = $state(0);
  loaded = $state(false);
  failed = $state(false);
  busy = $state(false);
  /** What the last deed did, in words. */
  word = $state('');
  /** What was wrong with it. */
  faults = $state.raw<readonly string[]>([]);
  held = $state.raw<Held | null>(null);
  readonly #picked = new SvelteSet<string>();
  #versions = '';
  #changedAt = 0;
  #running = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    this.#running = true;
    void this.#refresh();
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  /** The ids to send to, in the order of the list. */
  get selected(): string[] {
    return this.list.map(({ state }) => state.id).filter((id) => this.#picked.has(id));
  }

  picked(id: string): boolean {
    return this.#picked.has(id);
  }

  toggle(id: string): void {
    if (!this.#picked.delete(id)) this.#picked.add(id);
  }

  /** Picks all, or none when all are picked. */
  toggleAll(): void {
    const all = this.list.every(({ state }) => this.#picked.has(state.id));
    this.#picked.clear();
    if (!all) for (const { state } of this.list) this.#picked.add(state.id);
  }

  sceneName(id: string): string {
    const scene = this.scenes.find((one) => one.id === id);
    return scene?.[getLocale()] ?? id;
  }

  /** Orders the picked screens; false when it was not sent. */
  async send(show: ShowOrder): Promise<boolean> {
    const screens = this.selected;
    if (screens.length === 0) {
      this.#say('', [m.screens_pick_first()]);
      return false;
    }
    return this.#do(() => sendOrder(screens, show), { show, screens });
  }

  /** Sends what is held to the screens that can show it. */
  async sendRest(): Promise<void> {
    const { held } = this;
    if (held !== null) await this.#do(() => sendOrder(held.screens, held.show, true));
  }

  async meet(presenter: string, followers: readonly string[]): Promise<boolean> {
    return this.#do(() => startMeeting(presenter, followers));
  }

  async endMeeting(presenter: string): Promise<boolean> {
    return this.#do(() => plain(endMeeting(presenter)), null, m.meeting_ended());
  }

  async save(id: string, settings: ScreenSettings): Promise<boolean> {
    return this.#do(() => plain(saveScreen(id, settings)), null, m.screens_saved({ id }));
  }

  async delete(id: string): Promise<boolean> {
    return this.#do(() => plain(deleteScreen(id)), null, m.screens_deleted({ id }));
  }

  /** Pairs whoever shows the code; a screen that is new gets its settings first. */
  async pair(id: string, code: string, settings: ScreenSettings | null): Promise<boolean> {
    const deed = async (): Promise<null> => {
      if (settings !== null) await saveScreen(id, settings);
      return plain(pairScreen(id, code));
    };
    return this.#do(deed, null, m.pair_done({ id }));
  }

  async revoke(id: string): Promise<boolean> {
    return this.#do(() => plain(revokeScreen(id)), null, m.pair_revoked_done({ id }));
  }

  async #do(
    deed: () => Promise<OrderAnswer | null>,
    order: Held | null = null,
    done: string | null = null,
  ): Promise<boolean> {
    if (this.busy) return false;
    this.busy = true;
    try {
      const answer = await deed();
      this.#changedAt = Date.now();
      this.held = null;
      const refused = answer?.refused.map(({ reason }) => reason) ?? [];
      this.#say(done ?? m.screens_sent({ count: answer?.screens.length ?? 0 }), refused);
      await this.#refresh();
      return true;
    } catch (err) {
      this.held = order !== null && order.screens.length > 1 && illegible(err) ? order : null;
      this.#say('', faultWords(err));
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Takes back what was said of the last deed. */
  hush(): void {
    this.#say('', []);
    this.held = null;
  }

  #say(word: string, faults: readonly string[]): void {
    this.word = word;
    this.faults = faults;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    const eager = awaited(this.list) && Date.now() - this.#changedAt < awaitMs;
    this.#timer = setTimeout(() => void this.#refresh(), eager ? fastMs : slowMs);
  }

  async #refresh(): Promise<void> {
    try {
      const { at, screens } = await listScreens();
      this.offset = at - Date.now();
      this.list = screens;
      this.loaded = true;
      this.failed = false;
      this.#notice();
      if (this.scenes.length === 0) this.scenes = await fetchScenes();
    } catch {
      this.failed = true;
    }
    if (this.#running) this.#schedule();
  }

  /** Somebody else may have sent something: then the answers are awaited here too. */
  #notice(): void {
    const versions = this.list.map(({ state }) => `${state.id} ${String(state.version)}`).join();
    if (versions !== this.#versions) this.#changedAt = Date.now();
    this.#versions = versions;
    for (const id of this.#picked) if (!this.list.some(({ state }) => state.id === id)) this.#picked.delete(id);
  }
}

/** A deed that answers with nothing. */
async function plain(deed: Promise<void>): Promise<null> {
  await deed;
  return null;
}

function illegible(err: unknown): boolean {
  return err instanceof Problem && err.fields.length > 0 && err.fields.every(({ reason }) => reason === 'illegible');
}

function faultWords(err: unknown): string[] {
  if (!(err instanceof Problem)) return [m.screens_unreachable()];
  const details = err.fields.map(({ detail }) => detail).filter((detail) => detail !== '');
  return details.length > 0 ? details : [err.detail || err.message];
}
