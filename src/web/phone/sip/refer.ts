/* Sends a REFER and waits for what becomes of it (RFC 3515). */
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { ReferFailedEvent, ReferRefusedEvent } from './internals';
import { causeOfStatus } from './status-causes';
import { cause, type Cause } from '../model/causes';

/** The last NOTIFY comes when the target has answered, or at once (FreeSWITCH). A target may
    ring for a while; after this time, in ms, nobody knows. */
const REFER_TIMEOUT_MS = 120_000;

/** Null once the other side says that it was done. */
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
    // It may end first, having done what was asked of it or not: the model sees that it is gone.
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
