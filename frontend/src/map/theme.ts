/** The colours a canvas needs, read from the tokens so that they are named in one place only. */
export interface MapTheme {
  ground: string;
  steps: string[];
  text: string;
  line: string;
  states: Record<'normal' | 'attention' | 'warning' | 'critical' | 'unknown', string>;
}

export function readTheme(element: Element): MapTheme {
  const style = getComputedStyle(element);
  const token = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ground: token('bg0'),
    steps: [0, 1, 2, 3, 4].map((step) => token(`step${String(step)}`)),
    text: token('text1'),
    line: token('text2'),
    states: {
      normal: token('normal'),
      attention: token('attention'),
      warning: token('warning'),
      critical: token('critical'),
      unknown: token('text3'),
    },
  };
}
