/* Delays the first rendering until the registration and an answered call are done, so that
   rendering the intermediate states does not slow these down. */
import type { PhoneState } from '../model/state';
import type { Observable } from './observing';

/** Delay that people perceive as immediate, in ms. */
export const QUICK_MS = 100;

/** Resolves when the phone has registered and answered the call that it was to answer, when that
    has failed, or when it takes noticeably long. */
export async function settledQuickly(
  phone: Observable & { readonly state: PhoneState },
): Promise<void> {
  if (!isWorking(phone.state)) {
    return;
  }
  await new Promise<void>((resolve) => {
    const timer = window.setTimeout(end, QUICK_MS);
    const unsubscribe = phone.subscribe(() => {
      if (!isWorking(phone.state)) {
        end();
      }
    });
    function end(): void {
      window.clearTimeout(timer);
      unsubscribe();
      resolve();
    }
  });
}

function isWorking({ registration, lines }: PhoneState): boolean {
  const registers = registration.state === 'registering' && !registration.again;
  return registers || lines.some((line) => line.state === 'answering');
}
