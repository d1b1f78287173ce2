/* Cache of the phone's page and its files, for use without a network. It contains no API responses,
   no admin pages, and no credential of the page's configuration. */

const CACHE = 'sipapp-shell-';
const CONFIG = /(<script type="application\/json" id="phone-config">)(.*?)(<\/script>)/s;
const ASSET = /(?:src|href)="([^"]*\/static\/[^"]*)"/g;

/** The statuses of a proxy whose server is unreachable. */
const GATEWAY_ERRORS: ReadonlySet<number> = new Set([502, 503, 504]);

/** Inserted into the worker by the build. */
export interface Build {
  /** Changes whenever a file changes. */
  readonly version: string;
  /** Everything that the page may load, relative to the static folder. */
  readonly files: readonly string[];
  readonly icon: string;
  readonly badge: string;
}

export class Shell {
  readonly #name: string;
  readonly #page: string;
  readonly #files: ReadonlySet<string>;

  /** `page` is the phone's address without a slash at its end; everything of the phone is below
      it. */
  constructor(build: Build, page: string) {
    this.#name = CACHE + build.version;
    this.#page = page;
    this.#files = new Set(build.files.map((file) => `${page}/static/${file}`));
  }

  async install(): Promise<void> {
    const cache = await caches.open(this.#name);
    await Promise.all([...this.#files].map((url) => keepFile(cache, url)));
    // With what a proxy knows the browser by; a redirect to its log-in is not the page.
    await this.#keep(await fetch(this.#page, { cache: 'no-store', redirect: 'manual' }));
  }

  /** Removes the caches of older versions, which serve the pages that are open until then. */
  async activate(): Promise<void> {
    const old = (await caches.keys()).filter(
      (name) => name.startsWith(CACHE) && name !== this.#name,
    );
    await Promise.all(old.map((name) => caches.delete(name)));
  }

  /** The response to a request of the shell; null for all others. `after` receives the work that
      continues after the response. */
  answer(request: Request, after: (work: Promise<void>) => void): Promise<Response> | null {
    const url = request.url.replace(/[?#].*$/s, '');
    if (request.method !== 'GET') {
      return null;
    }
    // Where the phone has a whole host, or all that a proxy leads to, there is a slash.
    if (request.mode === 'navigate' && url.replace(/\/$/, '') === this.#page) {
      return this.#navigate(request, after);
    }
    return this.#files.has(url) ? this.#cachedFile(request) : null;
  }

  /** The newest page, as long as there is a network. */
  async #navigate(request: Request, after: (work: Promise<void>) => void): Promise<Response> {
    let response: Response;
    try {
      response = await fetch(request);
    } catch (error) {
      const kept = await this.#cachedPage();
      if (kept === undefined) {
        throw error;
      }
      return kept;
    }
    if (GATEWAY_ERRORS.has(response.status)) {
      return (await this.#cachedPage()) ?? response;
    }
    after(this.#keep(response.clone()));
    return response;
  }

  /** A file never changes under its name. */
  async #cachedFile(request: Request): Promise<Response> {
    const cache = await caches.open(this.#name);
    return (await cache.match(request.url)) ?? fetch(request);
  }

  async #cachedPage(): Promise<Response | undefined> {
    return (await caches.open(this.#name)).match(this.#page);
  }

  /** A page of another build is not cached: without a network its files would be missing. */
  async #keep(response: Response): Promise<void> {
    const html = response.ok ? withoutSecrets(await response.text()) : null;
    if (html === null || !assetsOf(html, this.#page).every((url) => this.#files.has(url))) {
      return;
    }
    const headers = new Headers(response.headers);
    // These headers describe the original body, which this one replaces.
    headers.delete('Content-Encoding');
    headers.delete('Content-Length');
    const cache = await caches.open(this.#name);
    await cache.put(this.#page, new Response(html, { headers }));
  }
}

/** Rejects for anything else than the file, such as the log-in page of a proxy: the browser
    installs the worker again when the page is loaded the next time. */
async function keepFile(cache: Cache, url: string): Promise<void> {
  const response = await fetch(url, { redirect: 'manual' });
  const isPage = response.headers.get('Content-Type')?.includes('html') === true;
  if (!response.ok || isPage) {
    throw new TypeError(`${url} is not there: ${String(response.status)}`);
  }
  await cache.put(url, response);
}

/** The page with `offline` set in its configuration, and without lists and objects in it: ICE
    servers and values of plugins may contain credentials. Null if it is not a page of the phone. */
export function withoutSecrets(html: string): string | null {
  const [whole, start = '', json = '', end = ''] = CONFIG.exec(html) ?? [];
  if (whole === undefined) {
    return null;
  }
  const kept = Object.entries(parsed(json)).filter(([, value]) => typeof value !== 'object');
  const text = JSON.stringify({ ...Object.fromEntries(kept), offline: true });
  return html.replace(whole, () => start + text.replaceAll('<', '\\u003c') + end);
}

/** An invalid configuration is left out: the page then shows why it cannot start. */
function parsed(json: string): Record<string, unknown> {
  try {
    return JSON.parse(json) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function assetsOf(html: string, page: string): string[] {
  return [...html.matchAll(ASSET)].map(([, path = '']) => new URL(path, page).href);
}
