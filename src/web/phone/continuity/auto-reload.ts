import { asksForLogIn } from '../../shared/proxy-log-in';

const ASK_INTERVAL_MS = 10_000;

/** Reloads the page as soon as its server answers, but never during a call. */
export function reloadWhenServerAnswers(isBusy: () => boolean): void {
  const ask = async (): Promise<void> => {
    try {
      const answer = await fetch(window.location.pathname, {
        method: 'HEAD',
        cache: 'no-store',
        redirect: 'manual',
      });
      // A proxy in front that asks for a log-in shows it when the page is loaded.
      if ((answer.ok || asksForLogIn(answer, 'page')) && !isBusy()) {
        window.location.reload();
      }
    } catch {
      // The server is still unreachable.
    }
  };
  window.addEventListener('online', () => void ask());
  window.setInterval(() => void ask(), ASK_INTERVAL_MS);
}
