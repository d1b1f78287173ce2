const ASK_INTERVAL_MS = 10_000;

/** Reloads the page as soon as its server answers, but never during a call. */
export function reloadWhenServerAnswers(isBusy: () => boolean): void {
  const ask = async (): Promise<void> => {
    try {
      const { ok } = await fetch(window.location.pathname, { method: 'HEAD', cache: 'no-store' });
      if (ok && !isBusy()) {
        window.location.reload();
      }
    } catch {
      // The server is still unreachable.
    }
  };
  window.addEventListener('online', () => void ask());
  window.setInterval(() => void ask(), ASK_INTERVAL_MS);
}
