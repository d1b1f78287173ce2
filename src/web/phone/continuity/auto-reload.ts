const ASK_INTERVAL_MS = 10_000;

/** Loads the page again as soon as its server answers, but never under a call. */
export function reloadWhenServerAnswers(isBusy: () => boolean): void {
  const ask = async (): Promise<void> => {
    try {
      const { ok } = await fetch(window.location.pathname, { method: 'HEAD', cache: 'no-store' });
      if (ok && !isBusy()) {
        window.location.reload();
      }
    } catch {
      // Still nobody there.
    }
  };
  window.addEventListener('online', () => void ask());
  window.setInterval(() => void ask(), ASK_INTERVAL_MS);
}
