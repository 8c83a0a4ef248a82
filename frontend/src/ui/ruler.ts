const mostTexts = 200;

/**
 * Measures texts on a canvas. A canvas that is never shown keeps every text it has ever measured, 4 KB each, outside the
 * script heap and for as long as it lives: so each serves for 200 texts only.
 */
export class Ruler {
  #pen: CanvasRenderingContext2D | null = null;
  #measured = 0;

  /** The width of a text in px in a font as CSS names it; null where there is no canvas. */
  width(text: string, font: string): number | null {
    if (this.#pen === null || this.#measured === mostTexts) {
      this.#pen = document.createElement('canvas').getContext('2d');
      this.#measured = 0;
    }
    if (this.#pen === null) return null;
    this.#measured++;
    this.#pen.font = font;
    return this.#pen.measureText(text).width;
  }
}
