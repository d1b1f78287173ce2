import { asksForLogIn, LOG_IN_NOTICE } from '../shared/proxy-log-in';

const POLL_INTERVAL_MS = 2000;
const REQUEST_TIMEOUT_MS = 10_000;

interface Presence {
  word: string;
  state: string;
  place: string;
}

/** The presence of extensions, by their stored state (`enabled`) and their id. */
interface PresenceAnswer {
  note: string;
  presence: Record<string, Record<string, Presence>>;
}

/** Keeps the live page up to date: polls its changing part, and replaces the one in the page. */
export function bindLivePage(root: HTMLElement): void {
  const notice = document.querySelector<HTMLElement>('[data-live-news]');
  showLocalTimes(root);
  poll(root, () => root.dataset['live'] ?? '', {
    // A button that is about to be pressed must not move, or become that of another call.
    canUpdate: () => root.querySelector('button:hover, button:active') === null,
    async update(response) {
      const text = await response.text();
      if (/<html[\s>]/i.test(text)) {
        // A whole page in place of the part: the log-in page of a proxy.
        throw new LogInNeeded();
      }
      const page = new DOMParser().parseFromString(text, 'text/html');
      const focused = document.activeElement?.id;
      root.replaceChildren(...page.body.childNodes);
      showLocalTimes(root);
      if (focused !== undefined && focused !== '') {
        document.getElementById(focused)?.focus();
      }
    },
    onConnectionChange(lost) {
      root.toggleAttribute('inert', lost !== undefined);
      root.classList.toggle('live-lost', lost !== undefined);
      if (notice !== null) {
        notice.hidden = lost === undefined;
        notice.replaceChildren(
          ...lossOf(
            lost,
            (since) => `No news from the server since ${since}: this is how it was then.`,
          ),
        );
      }
    },
  });
}

/**
 * Keeps the presence in the rows of the list up to date. Rows that a search has inserted show the
 * presence at the time of the search until the next poll.
 */
export function bindPresence(results: HTMLElement): void {
  const note = document.getElementById('live-note');
  const showNote = (...content: readonly (string | Node)[]): void => {
    const shown = document.createElement('p');
    shown.append(...content);
    if (note !== null && note.textContent !== shown.textContent) {
      note.replaceChildren(...shown.childNodes);
      note.hidden = note.textContent === '';
    }
  };
  poll(results, () => presenceUrl(results), {
    canUpdate: () => true,
    async update(response) {
      if (asksForLogIn(response, 'json')) {
        throw new LogInNeeded();
      }
      const answer = (await response.json()) as PresenceAnswer;
      showPresence(results, (state, id) => presenceOf(answer, state, id));
      showNote(answer.note);
    },
    onConnectionChange(lost) {
      if (lost !== undefined) {
        showPresence(results, (state) => ({ word: state, state: state.toLowerCase(), place: '' }));
        showNote(...lossOf(lost, (since) => `No news from the server since ${since}.`));
      }
    },
  });
}

/** The URL of the presence of the extensions in the list, with their ids by stored state. */
function presenceUrl(results: HTMLElement): string {
  const query = new URLSearchParams();
  for (const label of results.querySelectorAll<HTMLElement>('[data-extension]')) {
    query.append(
      (label.dataset['storedState'] ?? '').toLowerCase(),
      label.dataset['extension'] ?? '',
    );
  }
  return `${results.dataset['liveStates'] ?? ''}?${query.toString()}`;
}

function presenceOf(
  { presence }: PresenceAnswer,
  state: string,
  id: string,
): Presence | undefined {
  const found = presence[state] ?? {};
  return Object.hasOwn(found, id) ? found[id] : undefined;
}

/** Shows the presence in each row; a row whose presence is unknown stays as it is. */
function showPresence(
  results: HTMLElement,
  presence: (state: string, id: string) => Presence | undefined,
): void {
  for (const label of results.querySelectorAll<HTMLElement>('[data-extension]')) {
    const found = presence(label.dataset['storedState'] ?? '', label.dataset['extension'] ?? '');
    if (found !== undefined && label.textContent !== found.word) {
      label.textContent = found.word;
      label.className = `state state-${found.state}`;
    }
    const place = label.parentElement?.querySelector('.live-place');
    if (found !== undefined && place && place.textContent !== found.place) {
      place.textContent = found.place;
    }
  }
}

interface Loss {
  /** The time of the last answer. */
  readonly since: Date;
  /** Whether a proxy in front asks for a log-in. */
  readonly needsLogIn: boolean;
}

interface PollHandlers {
  canUpdate(): boolean;
  update(response: Response): Promise<void>;
  /** The loss of the connection; `undefined` when it is back. */
  onConnectionChange(lost: Loss | undefined): void;
}

class LogInNeeded extends Error {}

/** What is shown of a loss: a sentence, and a button that leads to the log-in. */
function lossOf(lost: Loss | undefined, words: (since: string) => string): (string | Node)[] {
  if (lost?.needsLogIn !== true) {
    return lost === undefined ? [] : [words(lost.since.toLocaleTimeString())];
  }
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'button';
  button.textContent = LOG_IN_NOTICE.action;
  button.addEventListener('click', LOG_IN_NOTICE.press);
  return [`${LOG_IN_NOTICE.text} `, button];
}

/** Polls a URL while the page is visible; while nothing has changed the answer is a 304. */
function poll(root: HTMLElement, url: () => string, handlers: PollHandlers): void {
  let version = `"${root.dataset['version'] ?? ''}"`;
  let lastAnswerAt = new Date();
  let isLost = false;
  let neededLogIn = false;
  let isRunning = false;

  const request = async (): Promise<void> => {
    version = await fetchUpdate(url(), version, handlers);
    lastAnswerAt = new Date();
    if (isLost) {
      isLost = false;
      handlers.onConnectionChange(undefined);
    }
  };
  const tick = (): void => {
    if (isRunning || document.visibilityState !== 'visible') {
      return;
    }
    isRunning = true;
    request()
      .catch((error: unknown) => {
        const needsLogIn = error instanceof LogInNeeded;
        if (!isLost || needsLogIn !== neededLogIn) {
          isLost = true;
          neededLogIn = needsLogIn;
          // The next answer is shown even if it is the version from before.
          version = '""';
          handlers.onConnectionChange({ since: lastAnswerAt, needsLogIn });
        }
      })
      .finally(() => {
        isRunning = false;
      });
  };

  setInterval(tick, POLL_INTERVAL_MS);
  document.addEventListener('visibilitychange', tick);
}

/** Requests the URL once, shows a changed answer, and returns the version that is shown then. */
async function fetchUpdate(url: string, version: string, handlers: PollHandlers): Promise<string> {
  const response = await fetch(url, {
    headers: { 'If-None-Match': version },
    cache: 'no-store',
    redirect: 'manual',
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
  if (asksForLogIn(response, 'page')) {
    throw new LogInNeeded();
  }
  if (response.status === 304) {
    return version;
  }
  if (response.status !== 200) {
    throw new Error(String(response.status));
  }
  if (!handlers.canUpdate()) {
    return version;
  }
  await handlers.update(response);
  return response.headers.get('ETag') ?? '""';
}

/** Shows times in the time zone of the browser; the full date and time on hovering. */
function showLocalTimes(root: HTMLElement): void {
  for (const time of root.querySelectorAll('time')) {
    const at = new Date(time.dateTime);
    if (!Number.isNaN(at.getTime())) {
      time.title = at.toLocaleString();
      const today = at.toDateString() === new Date().toDateString();
      time.textContent = today ? at.toLocaleTimeString() : at.toLocaleString();
    }
  }
}
