// Fetching a file piece by piece, so that one sees how far it is, and giving it to the person.
import { Problem, Unreachable } from '../../api/request';
import { parseObject } from '../../wire/json';

/** Fetches a file; tells the bytes that have come. Throws Problem or Unreachable, also when it was given up. */
export async function fetchFile(path: string, given: AbortSignal, onBytes: (bytes: number) => void): Promise<Blob> {
  try {
    const response = await fetch(path, { signal: given });
    if (!response.ok)
      throw new Problem(response.status, parseObject(await response.text()), response.headers.get('Retry-After'));
    const pieces: BlobPart[] = [];
    let bytes = 0;
    const reader = response.body?.getReader();
    for (let piece = await reader?.read(); piece?.done === false; piece = await reader?.read()) {
      pieces.push(piece.value);
      bytes += piece.value.byteLength;
      onBytes(bytes);
    }
    return new Blob(pieces, { type: response.headers.get('Content-Type') ?? '' });
  } catch (err) {
    throw err instanceof Problem ? err : new Unreachable(`fetch ${path.split('?')[0] ?? ''}`, { cause: err });
  }
}

/** Has the browser save a file under a name. */
export function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads it after this.
  setTimeout(() => {
    URL.revokeObjectURL(address);
  }, 60_000);
}
