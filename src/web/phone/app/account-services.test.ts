import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountServices } from './account-services';
import { isRegistrationKept } from '../account-data/storage-keys';
import { addressOf } from '../model/account';
import { Settings } from '../model/settings';
import { cause } from '../model/causes';
import { digestOf } from '../sip/digest';
import { type FakeAgent, FakeCall, lastAgent } from '../testing/fake-agent';
import { FakeLocks } from '../testing/fake-locks';
import { phoneConfig } from '../testing/config';
import { softphoneOf } from '../testing/softphone';
import { until } from '../testing/until';

const config = { ...phoneConfig, domain: 'pbx.test' };
const settings = new Settings(config, { hostname: 'pbx.test', port: '', protocol: 'https:' });
const ANN = {
  extension: '1000',
  password: 'secret',
  server: settings.server,
  domain: settings.domain,
};
const DIGEST = digestOf('1000', 'pbx.test', 'secret');

let locks = new FakeLocks();
let agents: FakeAgent[] = [];
const pages: AccountServices[] = [];

/** An open page. */
async function open(): Promise<AccountServices> {
  const softphone = softphoneOf(config, agents, { locks: locks.locks });
  const services = await softphone.services();
  pages.push(services);
  return services;
}

const agent = (): FakeAgent => lastAgent(agents);

async function registered(keep = false, account = ANN): Promise<AccountServices> {
  const page = await open();
  const before = agents.length;
  page.kept.onRegistering(account, keep);
  page.phone.register(account);
  await until(() => {
    expect(agents).toHaveLength(before + 1);
  });
  agent().listener.registered(DIGEST);
  return page;
}

/** Closes the page after all pending writes. */
async function close(page: AccountServices): Promise<void> {
  page.phone.leavePage();
  await new Promise((resolve) => setTimeout(resolve, 20));
  await page.device.close();
  pages.splice(pages.indexOf(page), 1);
}

beforeEach(() => {
  vi.stubGlobal('isSecureContext', true);
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status: 404 })));
  localStorage.clear();
  sessionStorage.clear();
  locks = new FakeLocks();
  Object.defineProperty(navigator, 'locks', { configurable: true, get: () => locks.locks });
  agents = [];
});
afterEach(async () => {
  for (const page of [...pages]) {
    await close(page);
  }
  vi.unstubAllGlobals();
});

describe('people', () => {
  it('are available while the extension is registered', async () => {
    const page = await open();
    expect(page.people).toBeNull();
    page.phone.register(ANN);
    expect(page.people).toBeNull();
    await until(() => {
      expect(agents).toHaveLength(1);
    });
    agent().listener.registered(DIGEST);
    const { people } = page;
    expect(people).not.toBeNull();

    // They stay while the extension is being registered again.
    agent().listener.registering();
    expect(page.people).toBe(people);
    page.phone.unregister();
    expect(page.people).toBeNull();
  });

  it('have the calls of this extension, each once', async () => {
    const page = await registered();
    const other = await open();
    other.phone.register(ANN);
    await until(() => {
      expect(other.people).not.toBeNull();
    });
    agent().ring().listener?.ended({ kind: 'missed' });
    await until(() => {
      expect(other.people?.history.missed).toBe(1);
    });
    expect(page.people?.history.calls).toHaveLength(1);
    other.people?.history.markSeen();
    await until(() => {
      expect(page.people?.history.missed).toBe(0);
    });
  });

  it('are shown by the names in the person’s contacts', async () => {
    const page = await registered();
    const contact = { id: null, favourite: false };
    page.people?.contacts.save({ ...contact, name: 'Annie', number: '10-01' });
    const call = agent().ring();
    expect(page.phone.state.lines[0]?.remote).toEqual({ name: 'Annie', number: '1001' });
    call.listener?.ended({ kind: 'missed' });
    expect(page.phone.state.lastEnded?.remote.name).toBe('Annie');
    expect(page.people?.history.calls[0]?.remote.name).toBe('Annie');
  });

  it('are named by the directory if they have said no name', async () => {
    const page = await registered();
    vi.spyOn(page.server, 'nameOf').mockImplementation((number) => `Name of ${number}`);
    const contact = { id: null, favourite: false };
    const call = agent().ring(new FakeCall('in', { name: '', number: '1002' }));
    expect(page.phone.state.lines[0]?.remote.name).toBe('Name of 1002');
    page.people?.contacts.save({ ...contact, name: 'Annie', number: '1002' });
    expect(page.phone.state.lines[0]?.remote.name).toBe('Annie');
    call.listener?.ended({ kind: 'missed' });
    expect(page.people?.history.calls[0]?.remote.name).toBe('Annie');
  });
});

describe('a kept registration', () => {
  it('registers automatically when the page is opened again, and is shown at once', async () => {
    const page = await registered(true);
    await until(() => {
      expect(isRegistrationKept()).toBe(true);
    });
    await close(page);

    const later = await open();
    await later.resume(settings);

    expect(later.phone.state.registration).toMatchObject({ state: 'registering', again: true });
    await until(() => {
      expect(agents).toHaveLength(2);
    });
    expect(agent().account).toEqual({
      extension: '1000',
      server: ANN.server,
      domain: ANN.domain,
      hasOwnDomain: false,
      ...DIGEST,
    });
    expect(later.phone.state.registration).toMatchObject({ state: 'registering', again: true });
    agent().listener.registered(DIGEST);
    expect(later.people).not.toBeNull();
  });

  it('has no effect where none is kept', async () => {
    const page = await open();
    await page.resume(settings);
    expect(page.phone.state.registration.state).toBe('none');
  });

  it('is dropped when the password was changed', async () => {
    const page = await registered(true);
    await until(() => {
      expect(isRegistrationKept()).toBe(true);
    });
    await close(page);
    const later = await open();
    await later.resume(settings);
    await until(() => {
      expect(agents).toHaveLength(2);
    });
    agent().listener.failed(cause('wrong-password'));
    expect(later.phone.state.registration.state).toBe('failed');
    await until(() => {
      expect(isRegistrationKept()).toBe(false);
    });
  });
});

describe('forget this device', () => {
  it('unregisters and deletes everything, including the call that this ended', async () => {
    const page = await registered(true);
    const other = await open();
    other.phone.register(ANN);
    await until(() => {
      expect(other.people).not.toBeNull();
      expect(isRegistrationKept()).toBe(true);
    });
    agent().ring();
    await until(() => {
      expect(other.phone.state.lines).toHaveLength(1);
    });

    await other.forget();

    expect(page.phone.state.registration.state).toBe('none');
    expect(other.phone.state.registration.state).toBe('none');
    expect(isRegistrationKept()).toBe(false);
    const later = await open();
    await later.device.ready;
    expect(later.device.historyOf('1000@pbx.test').calls).toEqual([]);
    await later.resume(settings);
    expect(later.phone.state.registration.state).toBe('none');
  });

  it('does not wait without a registration', async () => {
    const page = await open();
    page.device.contacts.save({ id: null, name: 'Ann', number: '1001', favourite: false });
    await page.forget();
    expect(page.device.contacts.list).toEqual([]);
  });
});

it('gets a conference room from the server, or draws a random one', async () => {
  vi.stubGlobal('fetch', (url: string) => {
    const data: Record<string, unknown> = {
      nonce: 'n',
      token: 't',
      expires_in: 900,
      room: '3099',
    };
    return Promise.resolve(new Response(JSON.stringify(data), { status: url ? 200 : 404 }));
  });
  const page = await registered();
  await new Promise((resolve) => setTimeout(resolve));
  page.phone.call('1001');
  agent().calls[0]?.listener?.answered();
  page.phone.call('1002');
  agent().calls[1]?.listener?.answered();
  page.phone.merge();
  await until(() => {
    expect(agent().numbers).toContain('3099');
  });
});

describe('calls that were up when the page was closed', () => {
  const dialog = { callId: 'the-call-id', localTag: 'ours', remoteTag: 'theirs' };

  async function inCall(account = ANN): Promise<AccountServices> {
    const app = await registered(false, account);
    // The proof arrives in the next turn of the event loop.
    await until(() => {
      expect(app.phone.state.registration.state).toBe('registered');
    });
    app.phone.call('1001');
    const call = agent().calls.at(-1);
    if (call === undefined) {
      throw new Error('no call was made');
    }
    call.dialog = dialog;
    call.listener?.answered();
    await until(async () => {
      expect(await app.handover.find(addressOf(account))).not.toBeNull();
    });
    return app;
  }

  async function crash(app: AccountServices, address = '1000@pbx.test'): Promise<void> {
    await app.handover.written;
    locks.crash(`sipapp.phone:${address}`);
    pages.splice(pages.indexOf(app), 1);
    await app.device.close();
  }

  it('are taken over by the next page, without a password', async () => {
    await crash(await inCall());
    const next = await open();
    await next.resume(settings);
    await until(() => {
      expect(agents).toHaveLength(2);
    });
    expect(agent().account).toMatchObject({ extension: '1000', ...DIGEST });
    agent().listener.registered(DIGEST);
    await until(() => {
      expect(agent().numbers).toEqual(['resume replaces the-call-id']);
    });
    expect(next.phone.state.lines).toMatchObject([{ rescue: 'recovering' }]);
  });

  it('are taken over in the domain that the person typed', async () => {
    const named = { ...ANN, ...settings.accountOf('1000@branch.example') };
    await crash(await inCall(named), '1000@branch.example');
    const next = await open();
    await next.resume(settings);
    await until(() => {
      expect(agents).toHaveLength(2);
    });
    expect(agent().account).toMatchObject({ domain: 'branch.example', ...DIGEST });
    agent().listener.registered(DIGEST);
    await until(() => {
      expect(agent().numbers).toEqual(['resume replaces the-call-id']);
    });
  });

  it('are not taken over if another domain is configured by now', async () => {
    await crash(await inCall({ ...ANN, domain: 'old.test' }), '1000@old.test');
    const next = await open();
    await next.resume(settings);
    expect(next.phone.state.registration.state).toBe('none');
  });

  it('are found by a new tab too, unless another tab still has them', async () => {
    const first = await inCall();
    sessionStorage.clear();
    const other = await open();
    await other.resume(settings);
    expect(other.phone.state.registration.state).toBe('none');

    await crash(first);
    const next = await open();
    await next.resume(settings);
    await until(() => {
      expect(agents).toHaveLength(2);
    });
  });

  it('are taken over by the next leader tab', async () => {
    const first = await inCall();
    const other = await open();
    other.phone.register(ANN);
    await until(() => {
      expect(other.phone.state.lines).toHaveLength(1);
    });
    await crash(first);
    await until(() => {
      expect(agents).toHaveLength(2);
    });
    agent().listener.registered(DIGEST);
    await until(() => {
      expect(agent().numbers).toEqual(['resume replaces the-call-id']);
    });
  });

  it('are removed when they have ended', async () => {
    const app = await inCall();
    const line = app.phone.state.lines[0];
    app.phone.hangUp(line?.id ?? 0);
    await app.handover.written;
    expect(await app.handover.find('1000@pbx.test')).toBeNull();
    await crash(app);
    const next = await open();
    await next.resume(settings);
    expect(next.phone.state.registration.state).toBe('none');
  });

  it('expire after five minutes', async () => {
    const app = await inCall();
    vi.spyOn(Date, 'now').mockReturnValue(Date.now() + 301_000);
    expect(await app.handover.find('1000@pbx.test')).toBeNull();
  });

  it('are stored without readable content', async () => {
    await inCall();
    expect(`${JSON.stringify(localStorage)} ${JSON.stringify(sessionStorage)}`).not.toMatch(
      new RegExp(`the-call-id|${DIGEST.ha1}|secret`),
    );
  });
});
