import { nobody } from '../api/request';
import { openPipe, type OpenPipe } from '../live/pipe';

const code = { unauthorized: 4501, revoked: 4502 } as const;

/** As openPipe; a screen whose right has ended looks whether it still is one as soon as its socket is told. */
export const openScreenPipe: OpenPipe = (request, events) =>
  openPipe(request, {
    opened: () => {
      events.opened();
    },
    message: (text) => {
      events.message(text);
    },
    closed: (reason) => {
      if (reason === code.unauthorized || reason === code.revoked) nobody();
      events.closed(reason);
    },
  });
