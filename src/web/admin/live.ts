const EVERY_MS = 2000;

interface States {
  told: boolean;
  note: string;
  registered: Record<string, string>;
  in_call: string[];
}

/**
 * Keeps the live page as it is now: fetches its changing part, and puts it in place of ours.
 */
export function bindLive(root: HTMLElement): void {
  const news = document.querySelector<HTMLElement>('[data-live-news]');
  showLocalTimes(root);
  watch(root, root.dataset['live'] ?? '', {
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

/** Keeps the states of the list's rows as they are now. */
export function bindStates(results: HTMLElement): void {
  const note = document.getElementById('live-note');
  const say = (text: string): void => {
    if (note !== null && note.textContent !== text) {
      note.textContent = text;
      note.hidden = text === '';
    }
  };
  let known: States | undefined;
  const apply = (): void => {
    if (known !== undefined) {
      showStates(results, known);
      say(known.note);
    }
  };
  // A search has put other rows there, as they were when it was made.
  new MutationObserver(apply).observe(results, { childList: true });
  watch(results, results.dataset['liveStates'] ?? '', {
    mayShow: () => true,
    async show(answer) {
      known = (await answer.json()) as States;
      apply();
    },
    lost(since) {
      if (since === undefined) {
        apply();
        return;
      }
      const time = since.toLocaleTimeString();
      known = { told: false, note: `No news from the server since ${time}.`, registered: {}, in_call: [] };
      apply();
    },
  });
}

function showStates(results: HTMLElement, states: States): void {
  for (const mark of results.querySelectorAll<HTMLElement>('[data-extension]')) {
    const name = fold(mark.dataset['extension'] ?? '');
    const otherwise = mark.dataset['otherwise'] ?? '';
    const place = Object.hasOwn(states.registered, name) ? states.registered[name] : '';
    const [word, state] = states.in_call.includes(name)
      ? ['In a call', 'in-call']
      : place
        ? ['Registered', 'ok']
        : states.told && otherwise === 'Enabled'
          ? ['Not registered', 'off']
          : [otherwise, otherwise.toLowerCase()];
    if (mark.textContent !== word) {
      mark.textContent = word;
      mark.className = `state state-${state}`;
    }
    const where = mark.parentElement?.querySelector('.live-place');
    if (where && where.textContent !== place) {
      where.textContent = place ?? '';
    }
  }
}

/** As Python's `casefold` for what extensions are made of. */
function fold(text: string): string {
  return text.toLowerCase();
}

interface Watcher {
  mayShow(): boolean;
  show(answer: Response): Promise<void>;
  /** Nothing was heard since then; `undefined`: something was. */
  lost(since: Date | undefined): void;
}

/** Asks again and again while the page is visible; an answer that is known costs a 304. */
function watch(root: HTMLElement, url: string, watcher: Watcher): void {
  let version = `"${root.dataset['version'] ?? ''}"`;
  let heard = new Date();
  let lost = false;
  let running = false;

  const look = async (): Promise<void> => {
    version = await ask(url, version, watcher);
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
