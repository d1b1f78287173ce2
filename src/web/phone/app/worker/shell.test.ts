import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Shell, withoutSecrets } from './shell';

const PAGE = 'https://pbx.test/sip';
const FILE = `${PAGE}/static/assets/phone-1.js`;
const build = { version: 'v2', files: ['assets/phone-1.js'], icon: 'i.png', badge: 'b.png' };

const html = (config: unknown, script = 'phone-1'): string =>
  `<script type="module" src="/sip/static/assets/${script}.js"></script>` +
  `<script type="application/json" id="phone-config">${JSON.stringify(config)}</script>`;
const config = {
  server: 'wss://pbx.test',
  iceServers: [{ urls: 'turn:x', credential: 'secret' }],
  plugins: { other: { token: 'secret' } },
};

let kept: Map<string, Map<string, Response>>;
let network: (url: string) => Response;
let shell: Shell;

const request = (url: string, part: { method?: string; mode?: string } = {}): Request =>
  ({ url, method: 'GET', mode: 'no-cors', ...part }) as Request;
const navigation = (url = PAGE): Request => request(url, { mode: 'navigate' });
let work: Promise<void>;
/** Waits also for work that continues after the response. */
async function answer(asked: Request): Promise<Response> {
  const response = shell.answer(asked, (after) => {
    work = after;
  });
  if (response === null) {
    throw new Error('none of its business');
  }
  const given = await response;
  await work;
  return given;
}
const page = (text: string, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(text, {
    status,
    headers: { 'Content-Security-Policy': "default-src 'none'", ...headers },
  });

beforeEach(() => {
  kept = new Map();
  network = (url) => (url === FILE ? new Response(`content of ${url}`) : page(html(config)));
  vi.stubGlobal('fetch', async (asked: Request | string) => {
    await Promise.resolve();
    return network(typeof asked === 'string' ? asked : asked.url);
  });
  vi.stubGlobal('caches', {
    keys: () => Promise.resolve([...kept.keys()]),
    delete: (name: string) => Promise.resolve(kept.delete(name)),
    open: (name: string) => {
      const files = kept.get(name) ?? new Map<string, Response>();
      kept.set(name, files);
      return Promise.resolve({
        put: (url: string, response: Response) => Promise.resolve(files.set(url, response)),
        match: (url: string) => Promise.resolve(files.get(url)?.clone()),
      });
    },
  });
  shell = new Shell(build, PAGE);
  work = Promise.resolve();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const offline = (): never => {
  throw new TypeError('Failed to fetch');
};

describe('the page', () => {
  it('comes from the network while there is one', async () => {
    await shell.install();
    network = () => page('newest');
    expect(await (await answer(navigation())).text()).toBe('newest');
  });

  it('comes from the cache without a network, with its policy, without credentials, marked as offline', async () => {
    await shell.install();
    network = offline;
    const response = await answer(navigation(`${PAGE}?call=1001`));
    const text = await response.text();
    expect(text).toContain('"offline":true');
    expect(text).toContain('wss://pbx.test');
    expect(text).not.toContain('secret');
    expect(response.headers.get('Content-Security-Policy')).toBe("default-src 'none'");
  });

  it('comes from the cache when only a proxy answers', async () => {
    await shell.install();
    network = () => page('Bad Gateway', 502);
    expect(await (await answer(navigation())).text()).toContain('"offline":true');
  });

  it('is an error where the cache is empty', async () => {
    network = offline;
    await expect(answer(navigation())).rejects.toThrow();
    network = () => page('Bad Gateway', 502);
    expect((await answer(navigation())).status).toBe(502);
  });

  it('is cached anew, but not for an error or a page of another build', async () => {
    await shell.install();
    for (const other of [
      page(html({ server: 'wss://new' }), 500),
      page(html({ server: 'wss://new' }, 'phone-2')),
      page('a page of something else'),
    ]) {
      network = () => other;
      await answer(navigation());
    }
    network = offline;
    expect(await (await answer(navigation())).text()).toContain('wss://pbx.test');
    network = () => page(html({ server: 'wss://new' }));
    await answer(navigation());
    network = offline;
    expect(await (await answer(navigation())).text()).toContain('wss://new');
  });
});

it.each([
  ['a page', () => page('<form>Log in</form>', 200, { 'Content-Type': 'text/html' })],
  ['a refusal', () => page('', 401)],
])(
  '%s of a proxy in place of a file is not kept, and the installation fails',
  async (_what, log) => {
    network = (url) => (url === FILE ? log() : page(html(config)));
    await expect(shell.install()).rejects.toThrow();
    network = () => new Response('from the network');
    expect(await (await answer(request(FILE))).text()).toBe('from the network');
  },
);

it('a phone that has a whole host has a slash at the end of its address', async () => {
  shell = new Shell(build, 'https://pbx.test');
  network = (url) => (url.endsWith('.js') ? new Response('file') : page(html(config, 'phone-1')));
  expect(shell.answer(navigation('https://pbx.test/'), () => undefined)).not.toBeNull();
  expect(shell.answer(navigation('https://pbx.test/?call=1'), () => undefined)).not.toBeNull();
  expect(shell.answer(navigation('https://pbx.test/admin'), () => undefined)).toBeNull();
  await work;
});

describe('other requests', () => {
  it('for a file of the build come from the cache, otherwise from the network', async () => {
    network = () => new Response('from the network');
    expect(await (await answer(request(FILE))).text()).toBe('from the network');
    network = (url) => (url === FILE ? new Response(`content of ${url}`) : page(html(config)));
    await shell.install();
    expect(await (await answer(request(FILE))).text()).toBe(`content of ${FILE}`);
  });

  it.each([
    request(`${PAGE}/admin`, { mode: 'navigate' }),
    request(`${PAGE}/api/v1/extensions`),
    request(`${PAGE}/phone/ice-servers`),
    request(`${PAGE}/phone/session`, { method: 'POST' }),
    request(PAGE),
    request(PAGE, { mode: 'navigate', method: 'POST' }),
    request(`${PAGE}/static/assets/admin-1.js`),
    request('https://elsewhere.test/sip', { mode: 'navigate' }),
  ])('are passed through: %o', (other) => {
    expect(shell.answer(other, () => undefined)).toBeNull();
  });
});

it('a new version removes the caches of older ones, and nothing else', async () => {
  kept.set('sipapp-shell-v1', new Map()).set('other', new Map());
  await shell.install();
  await shell.activate();
  expect([...kept.keys()]).toEqual(['other', 'sipapp-shell-v2']);
});

it('an invalid configuration is left out', () => {
  expect(withoutSecrets(html({}).replace('{}', 'secret'))).toContain('{"offline":true}');
});

it('a configuration cannot close its script element', () => {
  const hostile = html({ server: 'x' }).replace('"x"', () => '"\\u003c/script>$&"');
  expect(withoutSecrets(hostile)).toContain('"\\u003c/script>$&"');
});
