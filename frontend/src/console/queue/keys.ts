// The keys of the queue: what each does, and which may be turned off.

export type Command =
  | { do: 'step'; by: number; extend: boolean }
  | { do: 'act'; act: string }
  | { do: 'open' | 'close' | 'toggle' | 'all' | 'search' | 'note' | 'help' | 'reload' };

/** One letter an act, as it is called in Vietnamese. */
export const actKeys: Readonly<Record<string, string>> = {
  accept: 'n', // tiếp Nhận
  refuse: 'u', // từ chối tiếp nhận
  ask: 's', // bổ Sung
  merge: 'm',
  confirm_place: 'l', // địa bàn
  assign: 'g', // Giao
  return: 'v', // trả Về
  start: 'b', // Bắt đầu
  request_extension: 'h', // gia Hạn
  approve_extension: 'd', // Duyệt
  deny_extension: 'i',
  resolve: 't', // Trả lời
  publish: 'c', // Công khai
  complete: 'p', // hoàn thành, Phê
};

const page = 10;

const acts = new Map(Object.entries(actKeys).map(([act, key]) => [key, act]));

type Pressed = Pick<KeyboardEvent, 'key' | 'shiftKey' | 'ctrlKey' | 'metaKey' | 'altKey'>;

/** What a key asks for; null for nothing. Without `single`, keys that write a character ask for nothing. */
export function commandOf(pressed: Pressed, single: boolean): Command | null {
  if (pressed.altKey) return null;
  if (pressed.ctrlKey || pressed.metaKey) return pressed.key.toLowerCase() === 'a' ? { do: 'all' } : null;
  return moving(pressed) ?? (single ? lettered(pressed) : null);
}

function moving({ key, shiftKey: extend }: Pressed): Command | null {
  const far = Number.MAX_SAFE_INTEGER;
  const steps: Record<string, number> = {
    ArrowDown: 1,
    ArrowUp: -1,
    PageDown: page,
    PageUp: -page,
    Home: -far,
    End: far,
  };
  const by = steps[key];
  if (by !== undefined) return { do: 'step', by, extend };
  if (key === 'Enter') return { do: 'open' };
  if (key === ' ') return { do: 'toggle' };
  return key === 'Escape' ? { do: 'close' } : null;
}

function lettered({ key, shiftKey: extend }: Pressed): Command | null {
  if (key === '/') return { do: 'search' };
  if (key === '?') return { do: 'help' };
  const letter = key.toLowerCase();
  if (letter === 'j') return { do: 'step', by: 1, extend };
  if (letter === 'k') return { do: 'step', by: -1, extend };
  if (extend) return null;
  if (letter === 'o') return { do: 'open' };
  if (letter === 'x') return { do: 'toggle' };
  if (letter === 'y') return { do: 'note' };
  if (letter === 'r') return { do: 'reload' };
  const act = acts.get(letter);
  return act === undefined ? null : { do: 'act', act };
}
