import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bindFilter } from './filter';

const fetched = vi.fn<(url: string, options: { signal: AbortSignal }) => Promise<Response>>();
const assign = vi.fn<(url: string) => void>();
const replaceState = vi.fn<(state: unknown, title: string, url: string) => void>();

function list(summary: string, rows: string): string {
  return `<html><body><p id="summary">${summary}</p><div id="results">${rows}</div></body></html>`;
}

function answer(html: string, status = 200): Response {
  return new Response(html, { status });
}

function page(): HTMLInputElement {
  document.body.innerHTML = `
    <form action="http://localhost/sip/admin" data-filter>
      <input id="search" name="search"><input type="hidden" name="sort" value="-id">
    </form>
    <p id="summary">2 extensions</p><div id="results">1000 1001</div>`;
  const form = document.querySelector('form');
  const search = document.querySelector<HTMLInputElement>('#search');
  if (form === null || search === null) {
    throw new Error('incomplete page');
  }
  bindFilter(form);
  search.focus();
  return search;
}

function type(search: HTMLInputElement, text: string): void {
  search.value = text;
  search.dispatchEvent(new Event('input', { bubbles: true }));
}

function results(): string | null | undefined {
  return document.getElementById('results')?.textContent;
}

describe('the search field', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal('fetch', fetched.mockReset());
    vi.stubGlobal('location', { assign: assign.mockReset() });
    vi.stubGlobal('history', { replaceState: replaceState.mockReset() });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('requests once after a pause, shows the list, and puts the search into the address', async () => {
    fetched.mockResolvedValue(answer(list('1 extension with “ali”', 'Alice')));
    const search = page();
    type(search, 'a');
    type(search, 'al');
    type(search, 'ali');
    await vi.advanceTimersByTimeAsync(150);
    expect(fetched).toHaveBeenCalledTimes(1);
    const url = 'http://localhost/sip/admin?search=ali&sort=-id';
    expect(fetched.mock.calls[0]?.[0]).toBe(url);
    expect(results()).toBe('Alice');
    expect(document.getElementById('summary')?.textContent).toBe('1 extension with “ali”');
    expect(replaceState).toHaveBeenCalledWith(null, '', url);
    expect(document.activeElement).toBe(search);
  });

  it('leaves an empty search out of the address', async () => {
    fetched.mockResolvedValue(answer(list('2 extensions', '1000 1001')));
    type(page(), '');
    await vi.advanceTimersByTimeAsync(150);
    expect(fetched.mock.calls[0]?.[0]).toBe('http://localhost/sip/admin?sort=-id');
  });

  it('drops the response to an older search', async () => {
    let late: (response: Response) => void = () => undefined;
    fetched.mockImplementationOnce(
      () =>
        new Promise((resolve) => {
          late = resolve;
        }),
    );
    fetched.mockResolvedValueOnce(answer(list('new', 'new')));
    const search = page();
    type(search, 'a');
    await vi.advanceTimersByTimeAsync(150);
    type(search, 'ab');
    await vi.advanceTimersByTimeAsync(150);
    expect(fetched.mock.calls[0]?.[1].signal.aborted).toBe(true);
    late(answer(list('old', 'old')));
    await vi.advanceTimersByTimeAsync(0);
    expect(results()).toBe('new');
  });

  it('opens the page when the response is an error or has no list', async () => {
    const search = page();
    for (const response of [answer(list('x', 'x'), 503), answer('<p>Log in</p>')]) {
      fetched.mockResolvedValueOnce(response);
      type(search, 'a');
      await vi.advanceTimersByTimeAsync(150);
    }
    expect(assign).toHaveBeenCalledTimes(2);
    expect(results()).toBe('1000 1001');
  });

  it('keeps the list while the network is down, and tries again with the next letter', async () => {
    fetched.mockRejectedValueOnce(new TypeError('network'));
    fetched.mockResolvedValueOnce(answer(list('1 extension', 'Alice')));
    const search = page();
    type(search, 'a');
    await vi.advanceTimersByTimeAsync(150);
    expect(results()).toBe('1000 1001');
    type(search, 'al');
    await vi.advanceTimersByTimeAsync(150);
    expect(results()).toBe('Alice');
  });
});
