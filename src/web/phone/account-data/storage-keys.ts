/* What a page remembers where it can be read at once, unlike the database. No secrets. */
import { readStored } from '../../shared/storage';

/** Address that is kept on this device. That it is there at all is known at once, so that a
    page with nothing to wait for waits for nothing. */
export const KEPT_ADDRESS = 'sipapp.kept';
/** Address that this tab registered last: another tab may have another extension. */
export const TAB_ADDRESS = 'sipapp.account';

/** Address of which calls are up in some tab, or were when it went. */
export const CALLS_ADDRESS = 'sipapp.calls';

/** Whether there is something to register for by itself: a kept registration, or calls. */
export function isResumeExpected(): boolean {
  return isKept() || readStored(CALLS_ADDRESS) !== null;
}

/** Whether a registration is kept on this device. */
export function isKept(): boolean {
  return readStored(KEPT_ADDRESS) !== null;
}
