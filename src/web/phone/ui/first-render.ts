/* What is done at once is drawn once, when it is done: drawing the way there would hold it up. */
import type { PhoneState } from '../model/state';
import type { Observable } from './observing';

/** In ms: what is done sooner is felt as done at once. */
export const AT_ONCE = 100;

/** Resolves when the phone has registered and answered what it was to, or could not, or takes long
    enough over it to be noticed. */
export async function doneAtOnce(
  phone: Observable & { readonly state: PhoneState },
): Promise<void> {
  if (!isAtIt(phone.state)) {
    return;
  }
  await new Promise<void>((resolve) => {
    const timer = window.setTimeout(end, AT_ONCE);
    const unsubscribe = phone.subscribe(() => {
      if (!isAtIt(phone.state)) {
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

function isAtIt({ registration, lines }: PhoneState): boolean {
  const registers = registration.state === 'registering' && !registration.again;
  return registers || lines.some((line) => line.state === 'answering');
}
