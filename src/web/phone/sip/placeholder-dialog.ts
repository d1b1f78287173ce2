/* A dialog whose session went with another page. JsSIP answers 481 to what it does not know, and
   the other side may be about to replace it just now, or to hang up. */
import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { DialogIdentity } from './edge';
import { addDialog, receiveInvite, type DialogEntry } from './internals';

export interface PlaceholderDeps {
  /** An INVITE replaces the dialog; the session is told before JsSIP goes on with it. */
  replacing(session: RTCSession): void;
  /** The other side has hung up. */
  ended(): void;
}

/** Holds the place of a dialog until the result is called. */
export function holdDialogPlace(ua: UA, dialog: DialogIdentity, deps: PlaceholderDeps): () => void {
  const entry: DialogEntry = {
    owner: {
      isEnded: () => false,
      receiveRequest: (request) => {
        receiveInvite(ua, request, (session) => {
          deps.replacing(session);
        });
      },
    },
    receiveRequest: (request) => {
      if (request.method === 'BYE') {
        end();
        request.reply(200);
        deps.ended();
      } else if (request.method !== 'ACK') {
        request.reply(481);
      }
    },
  };
  const end = addDialog(ua, dialog, entry);
  return end;
}
