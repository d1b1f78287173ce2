/* Sends a REFER and waits for its result (RFC 3515). */
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { ReferFailedEvent, ReferRefusedEvent } from './internals';
import { causeOfStatus } from './status-causes';
import { cause, type Cause } from '../model/causes';

/** Limit for the last NOTIFY, in ms. It arrives when the target has answered, or at once
    (FreeSWITCH); a target may ring for a while. */
const REFER_TIMEOUT_MS = 120_000;

/** Null once the other side reports success. */
export function refer(
  session: RTCSession | null,
  target: string,
  replaces?: RTCSession,
): Promise<Cause | null> {
  return new Promise((resolve) => {
    if (session?.isEstablished() !== true) {
      resolve(cause('connection-lost'));
      return;
    }
    const latest = window.setTimeout(() => {
      resolve(cause('no-reply'));
    }, REFER_TIMEOUT_MS);
    const finish = (result: Cause | null): void => {
      window.clearTimeout(latest);
      resolve(result);
    };
    const eventHandlers = {
      requestFailed: ({ response }: ReferRefusedEvent) => {
        finish(response === null ? cause('no-reply') : causeOfStatus(response.status_code));
      },
      accepted: () => {
        finish(null);
      },
      failed: ({ status_line }: ReferFailedEvent) => {
        finish(causeOfStatus(status_line.status_code));
      },
    };
    // The session may end first, with or without the transfer: the model sees that the call is
    // gone.
    session.on('ended', () => {
      finish(null);
    });
    try {
      session.refer(target, { eventHandlers, ...(replaces === undefined ? {} : { replaces }) });
    } catch {
      finish(cause('invalid-number'));
    }
  });
}
