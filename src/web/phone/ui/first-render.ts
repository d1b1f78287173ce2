/* What is done at once is drawn once, when it is done: drawing the way there would hold it up. */
import type { PhoneState } from '../model/state';
import type { Observable } from './observing';

/** In ms: what is done sooner is felt as done at once. */
export const QUICK_MS = 100;

/** Resolves when the phone has registered and answered what it was to, or could not, or takes long
    enough over it to be noticed. */
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
