// The sound of a desk. A tone of its own for each priority, made here: nothing has to be fetched before it can be heard.
import type { AlarmPriority } from '../../wire/alarm';

export type Tone = Exclude<AlarmPriority, 'journal'>;

/** One beep: when it begins, its pitch in Hz, and how long it lasts, in seconds. */
type Beep = readonly [at: number, pitch: number, length: number];

// The more there are and the higher, the sooner somebody has to act (after IEC 60601-1-8).
const patterns: Readonly<Record<Tone, readonly Beep[]>> = {
  high: [
    [0, 880, 0.14],
    [0.22, 880, 0.14],
    [0.44, 1175, 0.2],
    [0.8, 880, 0.14],
    [1.02, 1175, 0.2],
  ],
  medium: [
    [0, 660, 0.18],
    [0.28, 660, 0.18],
    [0.56, 523, 0.24],
  ],
  low: [[0, 523, 0.3]],
};

/** A high alarm sounds again after so many seconds, for as long as nobody takes or silences it. */
const everySeconds = 3;
const loudness = 0.5;
const edge = 0.012; // seconds of rise and fall: without them a beep clicks

/** One turn of a pattern as samples. */
export function samplesOf(tone: Tone, rate: number): Float32Array<ArrayBuffer> {
  const samples = new Float32Array(Math.ceil(everySeconds * rate));
  for (const [at, pitch, length] of patterns[tone]) {
    const first = Math.floor(at * rate);
    const count = Math.floor(length * rate);
    for (let i = 0; i < count; i++) {
      const t = i / rate;
      const swell = Math.min(1, t / edge, (length - t) / edge);
      // The overtones make it heard on a small loudspeaker.
      const wave = [1, 2, 3].reduce((sum, n) => sum + Math.sin(2 * Math.PI * pitch * n * t) / (n * n), 0);
      samples[first + i] = (loudness * swell * wave) / 1.36;
    }
  }
  return samples;
}

/**
 * Plays tones, or says that it may not: a browser keeps a page silent until a person has pressed something on it. The pattern
 * of a high alarm is one buffer that runs in a circle, so that a page which the browser slows down sounds on.
 */
export class Horn {
  #context: AudioContext | null = null;
  #turning: AudioBufferSourceNode | null = null;
  readonly #onchange: () => void;

  /** `onchange` is called when the browser begins or ceases to let it sound. */
  constructor(onchange: () => void) {
    this.#onchange = onchange;
  }

  /** Whether what is played can leave the page. */
  get allowed(): boolean {
    return this.#context?.state === 'running';
  }

  /** Asks the browser for sound; call it when a person has pressed something. */
  async allow(): Promise<boolean> {
    try {
      this.#context ??= this.#open();
      await this.#context.resume();
    } catch {
      return false; // no loudspeaker at all
    }
    return this.allowed;
  }

  /** Sounds once. */
  play(tone: Tone): void {
    this.#source(tone)?.start();
  }

  /** Sounds until it is told otherwise. */
  turn(on: boolean): void {
    if (on === (this.#turning !== null)) return;
    this.#turning?.stop();
    this.#turning = on ? this.#source('high') : null;
    if (this.#turning === null) return;
    this.#turning.loop = true;
    this.#turning.start();
  }

  get turning(): boolean {
    return this.#turning !== null;
  }

  close(): void {
    this.turn(false);
    void this.#context?.close();
    this.#context = null;
  }

  #open(): AudioContext {
    const context = new AudioContext();
    context.onstatechange = this.#onchange;
    return context;
  }

  #source(tone: Tone): AudioBufferSourceNode | null {
    const context = this.#context;
    if (context?.state !== 'running') return null;
    const samples = samplesOf(tone, context.sampleRate);
    const buffer = context.createBuffer(1, samples.length, context.sampleRate);
    buffer.copyToChannel(samples, 0);
    const source = context.createBufferSource();
    source.buffer = buffer;
    source.connect(context.destination);
    return source;
  }
}
