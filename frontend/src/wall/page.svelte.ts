import type { PageSize } from './choice';

/** The size of the page as a rune. watch() begins, the function it returns ends it. */
export class PageWatch {
  size = $state.raw<PageSize>(measure());

  watch(): () => void {
    const look = (): void => {
      const next = measure();
      const { width, height, rem } = this.size;
      if (next.width !== width || next.height !== height || next.rem !== rem) this.size = next;
    };
    window.addEventListener('resize', look);
    look();
    return () => {
      window.removeEventListener('resize', look);
    };
  }
}

function measure(): PageSize {
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  return { width: window.innerWidth, height: window.innerHeight, rem };
}
