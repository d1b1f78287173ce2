import 'fake-indexeddb/auto';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { AccountServices } from './account-services';
import { cause } from '../model/causes';
import type { PhoneConfig } from '../model/config';
import { digestOf } from '../sip/digest';
import { phoneConfig } from '../testing/config';
import { FakeAgent } from '../testing/fake-agent';
import { softphoneOf } from '../testing/softphone';
import { until } from '../testing/until';

const ANN = { extension: '1000', password: 'x', server: 'wss://pbx.test', domain: 'pbx.test' };
const BODIES: Readonly<Record<string, unknown>> = {
  challenge: { nonce: 'n', expires_in: 60 },
  session: { token: 't', expires_in: 900 },
  presence: { presence: [{ extension: '1001', state: 'busy' }] },
};

let agents: FakeAgent[] = [];
let asked: string[] = [];
let open: AccountServices[] = [];

function watched(): readonly string[] | undefined {
  return agents.at(-1)?.watched;
}

function register({ phone }: AccountServices): void {
  phone.register(ANN);
  agents.at(-1)?.listener.registered(digestOf('1000', 'pbx.test', 'x'));
}

/** A registered phone with contacts, whose presence a view shows. */
async function registered(presence: PhoneConfig['presence']): Promise<AccountServices> {
  const softphone = softphoneOf({ ...phoneConfig, presence }, agents);
  const services = await softphone.services();
  open.push(services);
  register(services);
  for (const number of ['1001', '+49 30 1234567', '1002']) {
    services.people?.contacts.save({ id: null, name: 'Ann', number, favourite: false });
  }
  services.people?.showPresence();
  await until(() => {
    expect(asked).toContain('directory');
  });
  return services;
}

function presenceRequests(): readonly string[] {
  return asked.filter((path) => path.startsWith('presence'));
}

beforeEach(() => {
  agents = [];
  asked = [];
  open = [];
  vi.stubGlobal('fetch', (url: string) => {
    const path = url.replace('/sip/phone/', '');
    asked.push(path);
    const body = BODIES[path.replace(/\?.*/, '')];
    const status = body === undefined ? 404 : 200;
    return Promise.resolve(new Response(JSON.stringify(body ?? {}), { status }));
  });
});
afterEach(async () => {
  for (const { phone, device } of open) {
    phone.unregister();
    await device.forget();
    await device.close();
  }
  vi.unstubAllGlobals();
});

it('is the server: no subscription tells the phone of calls', async () => {
  const { phone } = await registered('server');
  await until(() => {
    expect([...phone.state.presence]).toEqual([['1001', 'busy']]);
  });
  expect(presenceRequests()).toContain('presence?numbers=1001,1002');
  expect(watched()).toEqual([]);
  agents.at(-1)?.listener.failed(cause('wrong-password'));
  expect([...phone.state.presence]).toEqual([]);
});

it('is SIP, by subscriptions, at every registration', async () => {
  const services = await registered('sip');
  expect([...services.phone.state.presence.keys()]).toEqual(['1001', '1002']);
  expect(watched()).toEqual(['1001', '1002']);
  services.phone.unregister();
  register(services);
  expect(agents).toHaveLength(2);
  expect(watched()).toEqual(['1001', '1002']);
  expect(presenceRequests()).toEqual([]);
});

it('is nothing where it is switched off', async () => {
  const { phone } = await registered('off');
  expect(watched()).toEqual([]);
  expect(phone.state.presence.size).toBe(0);
  expect(presenceRequests()).toEqual([]);
});
