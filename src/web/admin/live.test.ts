import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bindLivePage, bindPresence } from './live';

interface Options {
  headers: Record<string, string>;
}
const fetched = vi.fn<(url: string, options: Options) => Promise<Response>>();
let visibility: DocumentVisibilityState = 'visible';

function answer(body: string, version: string): Response {
  return new Response(body, { headers: { ETag: `"${version}"` } });
}

function known(): Response {
  return new Response(null, { status: 304 });
}

function element(selector: string): HTMLElement {
  const found = document.querySelector<HTMLElement>(selector);
  if (found === null) {
    throw new Error(`no ${selector}`);
  }
  return found;
}

async function seconds(count: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(count * 1000);
}

function asked(): (string | undefined)[] {
  return fetched.mock.calls.map(([, options]) => options.headers['If-None-Match']);
}

beforeEach(() => {
  vi.useFakeTimers();
  visibility = 'visible';
  vi.spyOn(document, 'visibilityState', 'get').mockImplementation(() => visibility);
  vi.stubGlobal('fetch', fetched.mockReset());
});
afterEach(() => {
  vi.clearAllTimers();
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('the live page', () => {
  function page(url = '/now'): HTMLElement {
    document.body.innerHTML = `
      <p data-live-news hidden></p>
      <div id="live" data-live="${url}" data-version="v1">
        <time datetime="2026-11-23T04:00:04Z">UTC</time><button id="end-1">End</button>
      </div>`;
    const root = element('#live');
    bindLivePage(root);
    return root;
  }

  it('polls every two seconds with the version that it shows', async () => {
    fetched.mockImplementation(() => Promise.resolve(known()));
    const root = page();
    const before = root.innerHTML;
    await seconds(6.5);
    expect(asked()).toEqual(['"v1"', '"v1"', '"v1"']);
    expect(root.innerHTML).toBe(before);
  });

  it('shows a changed answer, keeps the focus, and polls with the new version', async () => {
    fetched.mockResolvedValueOnce(answer('<p>new</p><button id="end-1">End</button>', 'v2'));
    fetched.mockResolvedValue(known());
    const root = page();
    element('#end-1').focus();
    await seconds(4.5);
    expect(root.querySelector('p')?.textContent).toBe('new');
    expect(document.activeElement).toBe(element('#end-1'));
    expect(asked()).toEqual(['"v1"', '"v2"']);
  });

  it('shows local times', () => {
    page();
    expect(element('time').textContent).not.toBe('UTC');
    expect(element('time').title).toContain('2026');
  });

  it('does not move a button that is about to be pressed', async () => {
    fetched.mockImplementation(() => Promise.resolve(answer('<p>new</p>', 'v2')));
    const root = page();
    const query = vi.spyOn(root, 'querySelector').mockReturnValue(element('#end-1'));
    await seconds(2.5);
    expect(root.textContent).toContain('End');
    query.mockRestore();
    await seconds(2);
    expect(root.textContent).toBe('new');
    expect(asked()).toEqual(['"v1"', '"v1"']);
  });

  it('does not poll while hidden, and polls at once when visible', async () => {
    fetched.mockImplementation(() => Promise.resolve(known()));
    // Of its own, because the pages of other tests hear the document's events, too.
    page('/seldom');
    const asks = (): number => fetched.mock.calls.filter(([url]) => url === '/seldom').length;
    visibility = 'hidden';
    await seconds(10);
    expect(asks()).toBe(0);
    visibility = 'visible';
    document.dispatchEvent(new Event('visibilitychange'));
    await seconds(0);
    expect(asks()).toBe(1);
  });

  it('sends one request at a time', async () => {
    fetched.mockReturnValue(new Promise(() => undefined));
    page();
    await seconds(9);
    expect(fetched).toHaveBeenCalledTimes(1);
  });

  it('reports since when the server does not answer, and is inert meanwhile', async () => {
    fetched.mockResolvedValueOnce(new Response('', { status: 503 }));
    fetched.mockRejectedValueOnce(new TypeError('network'));
    fetched.mockResolvedValueOnce(answer('<p>new</p>', 'v2'));
    fetched.mockResolvedValue(known());
    const root = page();
    const news = element('[data-live-news]');
    await seconds(4.5);
    expect(root.hasAttribute('inert')).toBe(true);
    expect(news.hidden).toBe(false);
    expect(news.textContent).toContain('No news from the server since');
    await seconds(2);
    expect(root.hasAttribute('inert')).toBe(false);
    expect(news.hidden).toBe(true);
    expect(root.textContent).toBe('new');
    // Whatever it is that comes, it must come.
    expect(asked()).toEqual(['"v1"', '""', '""']);
  });
});

describe('a proxy that asks for a log-in', () => {
  const redirect = Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' });
  const signOn = (): Response =>
    new Response('<!doctype html><html><form>', { headers: { 'Content-Type': 'text/html' } });

  it.each([
    ['a redirect', () => redirect],
    ['its page', signOn],
    ['a refusal', () => new Response('', { status: 401 })],
  ])('by %s is named on the live page, with a button', async (_what, asking) => {
    document.body.innerHTML = `
      <p data-live-news hidden></p><div id="live" data-live="/now" data-version="v1">old</div>`;
    fetched.mockResolvedValueOnce(new Response('', { status: 503 }));
    fetched.mockImplementation(() => Promise.resolve(asking()));
    bindLivePage(element('#live'));
    await seconds(2);
    expect(element('[data-live-news]').textContent).toContain('No news from the server');
    await seconds(4);
    const news = element('[data-live-news]');
    expect(news.hidden).toBe(false);
    expect(news.textContent).toContain('The server in front asks you to log in again.');
    expect(element('#live').textContent).toBe('old');
    const reload = vi.spyOn(location, 'reload').mockImplementation(() => undefined);
    element('[data-live-news] button').click();
    expect(reload).toHaveBeenCalledTimes(1);
    fetched.mockResolvedValue(known());
    await seconds(2);
    expect(news.hidden).toBe(true);
  });

  it('by its page is named in the list', async () => {
    document.body.innerHTML = `<p id="live-note" hidden></p>
      <div id="results" data-live-states="/states"><span class="state" data-extension="1000"
        data-stored-state="Enabled">?</span></div>`;
    fetched.mockImplementation(() => Promise.resolve(signOn()));
    bindPresence(element('#results'));
    await seconds(4);
    expect(element('#live-note').textContent).toContain('asks you to log in again');
    expect(document.querySelectorAll('#live-note button')).toHaveLength(1);
    expect(element('[data-extension]').textContent).toBe('Enabled');
  });
});

describe('the presence in the list', () => {
  const row = (id: string, storedState: string): string => `
    <div><span class="state" data-extension="${id}" data-stored-state="${storedState}">?</span>
      <span class="live-place"></span></div>`;
  const WORDS = {
    off: 'Not registered',
    ok: 'Registered',
    'in-call': 'In a call',
  } as const;
  type Marks = readonly (readonly [string, keyof typeof WORDS])[];
  const states = (marks: Marks, note = '', place = ''): string =>
    JSON.stringify({
      note,
      presence: {
        Enabled: Object.fromEntries(
          marks.map(([name, state]) => [
            name,
            { word: WORDS[state], state, place },
          ]),
        ),
        'Read-only': { '1002': { word: 'Read-only', state: 'read-only', place: '' } },
      },
    });

  function page(): HTMLElement {
    document.body.innerHTML = `
      <p id="live-note" hidden></p>
      <div id="results" data-live-states="/live.json" data-version="v1">
        ${row('1000', 'Enabled')}${row('Alice', 'Enabled')}${row('1002', 'Read-only')}
        ${row('constructor', 'Enabled')}
        <span class="state">Disabled</span>
      </div>`;
    const results = element('#results');
    bindPresence(results);
    return results;
  }
  const words = (): (string | null)[] =>
    [...document.querySelectorAll('.state')].map((each) => each.textContent);

  it('shows which extensions are registered, from where, and which are in a call', async () => {
    const place = '192.0.2.7:5060 WS';
    fetched.mockResolvedValueOnce(
      answer(states([['1000', 'in-call'], ['Alice', 'ok'], ['constructor', 'off']], '', place), 'v2'),
    );
    fetched.mockResolvedValue(known());
    page();
    await seconds(2.5);
    expect(words()).toEqual([
      'In a call',
      'Registered',
      'Read-only',
      'Not registered',
      'Disabled',
    ]);
    expect(element('[data-extension="Alice"]').className).toBe('state state-ok');
    expect(document.querySelectorAll('.live-place')[1]?.textContent).toBe(place);
  });

  it('requests its own rows, each by its state, and others after a search', async () => {
    fetched.mockImplementation(() => Promise.resolve(known()));
    const results = page();
    await seconds(2.5);
    results.innerHTML = row('a&b', 'Read-only');
    await seconds(2);
    expect(fetched.mock.calls.map(([url]) => url)).toEqual([
      '/live.json?enabled=1000&enabled=Alice&read-only=1002&enabled=constructor',
      '/live.json?read-only=a%26b',
    ]);
  });

  it('leaves rows unchanged that are not in the answer', async () => {
    fetched.mockResolvedValueOnce(answer(states([]), 'v2'));
    page();
    await seconds(2.5);
    expect(words()).toEqual(['?', '?', 'Read-only', '?', 'Disabled']);
  });

  it('shows the note about a switch without an answer', async () => {
    fetched.mockResolvedValueOnce(answer(states([], 'Not known now'), 'v2'));
    fetched.mockResolvedValue(known());
    page();
    await seconds(2.5);
    expect(element('#live-note').textContent).toBe('Not known now');
    expect(element('#live-note').hidden).toBe(false);
  });

  it('shows the stored state while the server does not answer', async () => {
    fetched.mockResolvedValueOnce(answer(states([['1000', 'ok']], '', 'x'), 'v2'));
    fetched.mockRejectedValueOnce(new TypeError('network'));
    fetched.mockResolvedValue(answer(states([['1000', 'ok']], '', 'x'), 'v2'));
    page();
    await seconds(4.5);
    expect(words().slice(0, 3)).toEqual(['Enabled', 'Enabled', 'Read-only']);
    expect(element('.live-place').textContent).toBe('');
    expect(element('#live-note').textContent).toContain('No news from the server since');
    await seconds(2);
    expect(words()[0]).toBe('Registered');
    expect(element('#live-note').hidden).toBe(true);
  });
});
