import { pause } from './timers';

/** Delays before the retries, in milliseconds: a change of network breaks open requests. */
const RETRY_DELAYS_MS = [200, 1_000, 3_000] as const;

/** Loads a module, with retries; rejects when the server or the network fails. Firefox and Safari
    cache a failed import, and do not request it again. */
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

/** Resolves so many milliseconds after the page and its files have loaded. */
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
