/* A dialog whose session went with another page. JsSIP answers 481 to what it does not know, and
   the other side may be about to replace it just now, or to hang up. */
import * as JsSIP from 'jssip';
import type { UA } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { DialogIdentity } from './edge';
import { internalsOf, type Dialogs, type InDialog, type StandIn } from './internals';

export interface StandInMeans {
  /** An INVITE replaces the dialog; the session is told before JsSIP goes on with it. */
  replacing(session: RTCSession): void;
  /** The other side has hung up. */
  ended(): void;
}

/* JsSIP's types do not know that it exports the class. */
interface Classes {
  readonly RTCSession: new (ua: UA) => RTCSession;
}

/** Until the result is called. */
export function standIn(ua: UA, dialog: DialogIdentity, means: StandInMeans): () => void {
  const { _dialogs: dialogs } = ua as unknown as Dialogs;
  // As lib/Dialog.js makes it.
  const id = `${dialog.callId}${dialog.localTag}${dialog.remoteTag}`;
  const end = (): void => {
    if (dialogs[id] === own) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- it is JsSIP's own table
      delete dialogs[id];
    }
  };
  const own: StandIn = {
    owner: {
      isEnded: () => false,
      receiveRequest: (request) => {
        const session = new (JsSIP as unknown as Classes).RTCSession(ua);
        internalsOf(session).init_incoming(request, () => {
          means.replacing(session);
        });
      },
    },
    receiveRequest: (request: InDialog) => {
      if (request.method === 'BYE') {
        end();
        request.reply(200);
        means.ended();
      } else if (request.method !== 'ACK') {
        request.reply(481);
      }
    },
  };
  dialogs[id] ??= own;
  return end;
}
