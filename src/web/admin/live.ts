const EVERY_MS = 2000;

interface Presence {
  word: string;
  state: string;
  place: string;
}

/** The presence of extensions, by their state without it and their id. */
interface States {
  note: string;
  presence: Record<string, Record<string, Presence>>;
}

/**
 * Keeps the live page as it is now: fetches its changing part, and puts it in place of ours.
 */
export function bindLive(root: HTMLElement): void {
  const news = document.querySelector<HTMLElement>('[data-live-news]');
  showLocalTimes(root);
  watch(root, () => root.dataset['live'] ?? '', {
    // What is about to be pressed must not move away, or become another call's button.
    mayShow: () => root.querySelector('button:hover, button:active') === null,
    async show(answer) {
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const focused = document.activeElement?.id;
      root.replaceChildren(...page.body.childNodes);
      showLocalTimes(root);
      if (focused !== undefined && focused !== '') {
        document.getElementById(focused)?.focus();
      }
    },
    lost(since) {
      root.toggleAttribute('inert', since !== undefined);
      root.classList.toggle('live-lost', since !== undefined);
      if (news !== null) {
        news.hidden = since === undefined;
        news.textContent =
          since === undefined
            ? ''
            : `No news from the server since ${since.toLocaleTimeString()}: this is how it was then.`;
      }
    },
  });
}

/**
 * Keeps the states of the list's rows as they are now. Rows that a search has put there are as they
 * were when it was made, and asked for the next time.
 */
export function bindStates(results: HTMLElement): void {
  const note = document.getElementById('live-note');
  const say = (text: string): void => {
    if (note !== null && note.textContent !== text) {
      note.textContent = text;
      note.hidden = text === '';
    }
  };
  watch(results, () => addressOfStates(results), {
    mayShow: () => true,
    async show(answer) {
      const states = (await answer.json()) as States;
      showStates(results, (state, name) => presenceOf(states, state, name));
      say(states.note);
    },
    lost(since) {
      if (since !== undefined) {
        showStates(results, (state) => ({ word: state, state: state.toLowerCase(), place: '' }));
        say(`No news from the server since ${since.toLocaleTimeString()}.`);
      }
    },
  });
}

/** Asks for the extensions that the list shows now, by their states. */
function addressOfStates(results: HTMLElement): string {
  const query = new URLSearchParams();
  for (const mark of results.querySelectorAll<HTMLElement>('[data-extension]')) {
    query.append((mark.dataset['otherwise'] ?? '').toLowerCase(), mark.dataset['extension'] ?? '');
  }
  return `${results.dataset['liveStates'] ?? ''}?${query.toString()}`;
}

function presenceOf({ presence }: States, state: string, name: string): Presence | undefined {
  const found = presence[state] ?? {};
  return Object.hasOwn(found, name) ? found[name] : undefined;
}

/** Shows the presence of each row; one that is not known stays as it is. */
function showStates(
  results: HTMLElement,
  presence: (state: string, name: string) => Presence | undefined,
): void {
  for (const mark of results.querySelectorAll<HTMLElement>('[data-extension]')) {
    const found = presence(mark.dataset['otherwise'] ?? '', mark.dataset['extension'] ?? '');
    if (found !== undefined && mark.textContent !== found.word) {
      mark.textContent = found.word;
      mark.className = `state state-${found.state}`;
    }
    const where = mark.parentElement?.querySelector('.live-place');
    if (found !== undefined && where && where.textContent !== found.place) {
      where.textContent = found.place;
    }
  }
}

interface Watcher {
  mayShow(): boolean;
  show(answer: Response): Promise<void>;
  /** Nothing was heard since then; `undefined`: something was. */
  lost(since: Date | undefined): void;
}

/** Asks again and again while the page is visible; an answer that is known costs a 304. */
function watch(root: HTMLElement, address: () => string, watcher: Watcher): void {
  let version = `"${root.dataset['version'] ?? ''}"`;
  let heard = new Date();
  let lost = false;
  let running = false;

  const look = async (): Promise<void> => {
    version = await ask(address(), version, watcher);
    heard = new Date();
    if (lost) {
      lost = false;
      watcher.lost(undefined);
    }
  };
  const tick = (): void => {
    if (running || document.visibilityState !== 'visible') {
      return;
    }
    running = true;
    look()
      .catch(() => {
        if (!lost) {
          lost = true;
          // What comes next must be shown whatever it is.
          version = '""';
          watcher.lost(heard);
        }
      })
      .finally(() => {
        running = false;
      });
  };

  setInterval(tick, EVERY_MS);
  document.addEventListener('visibilitychange', tick);
}

/** Asks once, shows what is new, and returns the version that is shown then. */
async function ask(url: string, version: string, watcher: Watcher): Promise<string> {
  const answer = await fetch(url, {
    headers: { 'If-None-Match': version },
    cache: 'no-store',
    signal: AbortSignal.timeout(5 * EVERY_MS),
  });
  if (answer.status === 304) {
    return version;
  }
  if (answer.status !== 200) {
    throw new Error(String(answer.status));
  }
  if (!watcher.mayShow()) {
    return version;
  }
  await watcher.show(answer);
  return answer.headers.get('ETag') ?? '""';
}

/** Shows times as the clock on the wall does; the full one on hovering. */
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
