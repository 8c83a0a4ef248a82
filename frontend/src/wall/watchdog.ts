// What a page can tell about its own health: heap, elements, long tasks and frames a second. It judges nothing.

export interface Vitals {
  /** Bytes of the script heap in use; null where the browser does not say. */
  heapBytes: number | null;
  /** Elements in the document. */
  nodes: number;
  /** Tasks of more than 50 ms since the last look. */
  longTasks: number;
  /** Frames drawn in a sample of one second; null before the first, and while the page is hidden. */
  fps: number | null;
}

const sampleMs = 1000;

/** Looks after one page. start() begins, stop() ends; look() is called at the pace of the samples that are wanted. */
export class Watchdog {
  #observer: PerformanceObserver | undefined;
  #longTasks = 0;
  #fps: number | null = null;
  #frame = 0;

  start(): void {
    if (!PerformanceObserver.supportedEntryTypes.includes('longtask')) return;
    this.#observer = new PerformanceObserver((list) => {
      this.#longTasks += list.getEntries().length;
    });
    this.#observer.observe({ type: 'longtask' });
  }

  stop(): void {
    this.#observer?.disconnect();
    cancelAnimationFrame(this.#frame);
  }

  /** What is known now; begins to count the frames of the next second. */
  look(): Vitals {
    const longTasks = this.#longTasks;
    this.#longTasks = 0;
    const fps = document.visibilityState === 'visible' ? this.#fps : null;
    this.#countFrames();
    return { heapBytes: usedHeap(), nodes: document.getElementsByTagName('*').length, longTasks, fps };
  }

  #countFrames(): void {
    cancelAnimationFrame(this.#frame);
    let first = 0;
    let frames = 0;
    const next = (at: number): void => {
      if (first === 0) first = at;
      else frames++;
      if (at - first >= sampleMs) {
        this.#fps = Math.round((frames * 1000) / (at - first));
        return;
      }
      this.#frame = requestAnimationFrame(next);
    };
    this.#frame = requestAnimationFrame(next);
  }
}

/** Only Chromium tells, and in coarse steps unless started with --enable-precise-memory-info. */
function usedHeap(): number | null {
  const { memory } = performance as Performance & { memory?: { usedJSHeapSize: number } };
  return memory?.usedJSHeapSize ?? null;
}

const troughSamples = 30;

/**
 * How far a heap lies above what it was once the page was warm. Garbage comes and goes, so only the lowest of the
 * last samples counts: five minutes of them, at one sample each 10 s.
 */
export class HeapGrowth {
  #samples: number[] = [];
  #warm: number | null = null;

  hear(bytes: number | null): void {
    if (bytes === null) return;
    this.#samples.push(bytes);
    if (this.#samples.length < troughSamples) return;
    if (this.#samples.length > troughSamples) this.#samples.shift();
    this.#warm ??= Math.min(...this.#samples);
  }

  /** In bytes; 0 while the page warms up, which takes as long as the window of samples. */
  get bytes(): number {
    return this.#warm === null ? 0 : Math.max(0, Math.min(...this.#samples) - this.#warm);
  }
}
