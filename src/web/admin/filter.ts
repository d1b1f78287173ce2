const PAUSE_MS = 150;

/** Filters a list while the person types: requests the page that the form would open, and replaces
    `#results` and `#summary` with those of the response. The field keeps its focus. */
export function bindFilter(form: HTMLFormElement): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running = new AbortController();

  const filter = async (): Promise<void> => {
    running.abort();
    running = new AbortController();
    const url = address(form);
    const { signal } = running;
    const answer = await fetch(url, { signal, redirect: 'manual' });
    const text = await answer.text();
    if (signal.aborted) {
      return;
    }
    if (answer.ok && show(text)) {
      history.replaceState(null, '', url);
    } else {
      // The response has no list: it is an error, which is a page of its own, or a redirect to the
      // log-in of a proxy.
      location.assign(url);
    }
  };

  form.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      // Aborted by a newer search, or failed: the next letter tries again.
      filter().catch(() => undefined);
    }, PAUSE_MS);
  });
}

function address(form: HTMLFormElement): string {
  const url = new URL(form.action);
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string' && value !== '') {
      url.searchParams.set(name, value);
    }
  }
  return url.href;
}

/** Shows the list of a fetched page; false when the page has none. */
function show(html: string): boolean {
  const page = new DOMParser().parseFromString(html, 'text/html');
  const results = page.getElementById('results');
  const summary = page.getElementById('summary');
  const ours = document.getElementById('results');
  const said = document.getElementById('summary');
  if (results === null || summary === null || ours === null || said === null) {
    return false;
  }
  ours.replaceChildren(...results.childNodes);
  // Replaces only what differs: screen readers announce a status that is set again.
  if (said.textContent !== summary.textContent) {
    said.textContent = summary.textContent;
  }
  return true;
}
