/* Keys of localStorage and sessionStorage, which can be read synchronously, unlike the database.
   Their values are addresses of accounts, no secrets. */
import { readStored } from '../../shared/storage';

/** The account whose registration is kept on this device. A page without one does not wait for the
    database. */
export const KEPT_ACCOUNT_KEY = 'sipapp.kept';
/** The account that this tab registered last: another tab may have another extension. */
export const TAB_ACCOUNT_KEY = 'sipapp.account';

/** The account with calls in some tab, or with calls when its tab was closed. */
export const CALLS_ACCOUNT_KEY = 'sipapp.calls';

/** Whether the page registers by itself: for a kept registration, or for calls. */
export function isResumeExpected(): boolean {
  return isRegistrationKept() || readStored(CALLS_ACCOUNT_KEY) !== null;
}

/** Whether a registration is kept on this device. */
export function isRegistrationKept(): boolean {
  return readStored(KEPT_ACCOUNT_KEY) !== null;
}
