/* The log-in of a proxy in front of the server: its sign-on page in place of an answer, a redirect
   to that page, or its own 401. */

const observers = new Set<() => void>();
let isNeeded = false;

/** Whether an answer is not the server's, but of a proxy that asks for a log-in. It has to be
    fetched with `redirect: 'manual'`: a page of another site could not be read.
    @param expected What the server itself sends. */
export function asksForLogIn(response: Response, expected: 'json' | 'page'): boolean {
  const type = response.headers.get('Content-Type') ?? '';
  return (
    response.type === 'opaqueredirect' ||
    // The APIs of the server answer with problem documents (RFC 9457).
    (response.status === 401 && !type.includes('json')) ||
    (response.ok && expected === 'json' && type.includes('html'))
  );
}

/** What is shown then: loading the page again leads to the log-in. */
export const LOG_IN_NOTICE = {
  text: 'The server in front asks you to log in again.',
  action: 'Log in',
  press: (): void => {
    window.location.reload();
  },
};

/** Whether the last answer that was noted asked for a log-in. */
export const proxyLogIn = {
  get isNeeded(): boolean {
    return isNeeded;
  },

  /** Notes an answer; returns whether it asks for a log-in. */
  note(response: Response, expected: 'json' | 'page'): boolean {
    const before = isNeeded;
    isNeeded = asksForLogIn(response, expected);
    if (isNeeded !== before) {
      for (const observer of observers) {
        observer();
      }
    }
    return isNeeded;
  },

  /** Asks for this page. Without a connection, nothing is noted. */
  async check(): Promise<void> {
    const options: RequestInit = { method: 'HEAD', cache: 'no-store', redirect: 'manual' };
    const answer = await fetch(window.location.pathname, options).catch(() => null);
    if (answer !== null) {
      proxyLogIn.note(answer, 'page');
    }
  },

  /** Calls back when `isNeeded` changes; returns the function to unsubscribe. */
  subscribe(observer: () => void): () => void {
    observers.add(observer);
    return () => observers.delete(observer);
  },
};
