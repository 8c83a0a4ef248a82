import { nobody } from '../api/request';
import { openPipe, type OpenPipe } from '../live/pipe';

const revokedCode = 4501;

/** As openPipe; a screen whose right has ended looks whether it still is one as soon as its socket is told. */
export const openScreenPipe: OpenPipe = (request, events) =>
  openPipe(request, {
    opened: () => {
      events.opened();
    },
    message: (text) => {
      events.message(text);
    },
    closed: (code) => {
      if (code === revokedCode) nobody();
      events.closed(code);
    },
  });
