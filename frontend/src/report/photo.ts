// A photo as it is sent: drawn anew, so that it is small and holds nothing but the picture. Where it was taken, when and
// by which phone stays behind.

export const longestSide = 1600;
const thumbSide = 160;
const quality = 0.82;

/** The size within a longest side; never larger than it was. */
export function within(width: number, height: number, longest: number): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) };
}

export interface Drawn {
  readonly bytes: ArrayBuffer;
  /** A small copy, as a data: URL. */
  readonly thumb: string;
}

/** Draws a photo anew; null when this browser cannot read it. */
export async function drawAnew(file: Blob): Promise<Drawn | null> {
  let picture: ImageBitmap;
  try {
    picture = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    return null;
  }
  try {
    const blob = await new Promise<Blob | null>((done) => {
      draw(picture, longestSide).toBlob(done, 'image/jpeg', quality);
    });
    if (blob?.type !== 'image/jpeg') return null;
    return { bytes: await blob.arrayBuffer(), thumb: draw(picture, thumbSide).toDataURL('image/jpeg', quality) };
  } finally {
    picture.close();
  }
}

function draw(picture: ImageBitmap, longest: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, within(picture.width, picture.height, longest));
  const pen = canvas.getContext('2d');
  if (pen === null) throw new Error('no canvas');
  pen.fillStyle = '#fff'; // what is clear in a PNG becomes paper, not black
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}
