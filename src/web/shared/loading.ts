import { pause } from './timers';

/** A network that changes lets down what is on its way. Milliseconds before each further try. */
const RETRY_DELAYS_MS = [200, 1_000, 3_000] as const;

/** Loads a part of the program; rejects when the server or the network does not hand it out.
    Firefox and Safari keep a failure, and do not ask anew. */
export async function load<T>(part: () => Promise<T>): Promise<T> {
  for (const wait of RETRY_DELAYS_MS) {
    try {
      return await part();
    } catch {
      await pause(wait);
    }
  }
  return part();
}

/** Resolves so many milliseconds after the page and what belongs to it has loaded. */
export function pageLoaded(after: number): Promise<void> {
  return new Promise((resolve) => {
    const later = (): void => {
      window.setTimeout(resolve, after);
    };
    if (document.readyState === 'complete') {
      later();
    } else {
      window.addEventListener('load', later, { once: true });
    }
  });
}
