/* A placeholder for a dialog of another page. JsSIP answers 481 to an unknown dialog, while the
   other side may be about to replace it or to hang up. */
import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { DialogIdentity } from './edge';
import { addDialog, receiveInvite, type DialogEntry } from './internals';

export interface PlaceholderDeps {
  /** An INVITE replaces the dialog; the session is passed on before JsSIP reports it. */
  replacing(session: RTCSession): void;
  /** The other side has hung up. */
  ended(): void;
}

/** Answers for a dialog until the returned function is called. */
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
