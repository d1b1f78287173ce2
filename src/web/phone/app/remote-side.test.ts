/* Names and numbers of the other sides, as the services of an account show them. */
import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccountServices } from './account-services';
import { phoneConfig } from '../testing/config';
import { type FakeAgent, FakeCall, lastAgent } from '../testing/fake-agent';
import { softphoneOf } from '../testing/softphone';
import { until } from '../testing/until';

const ANN = { extension: '1000', password: 'secret', server: 'wss://x', domain: 'pbx.test' };

let agents: FakeAgent[] = [];
let pages: AccountServices[] = [];

const agent = (): FakeAgent => lastAgent(agents);

async function registered(part: Partial<typeof phoneConfig> = {}): Promise<AccountServices> {
  const page = await softphoneOf({ ...phoneConfig, ...part }, agents).services();
  pages.push(page);
  page.phone.register(ANN);
  agent().listener.registered();
  await page.device.ready;
  return page;
}

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  vi.stubGlobal('fetch', () => Promise.resolve(new Response('{}', { status: 404 })));
  agents = [];
  pages = [];
});
afterEach(async () => {
  for (const page of pages) {
    page.phone.leavePage();
    await page.device.close();
  }
  vi.unstubAllGlobals();
});

describe('the other side of a call', () => {
  const contact = { id: null, favourite: false };

  it('that is called is named by the directory, in the history too (N8)', async () => {
    const page = await registered();
    vi.spyOn(page.server, 'nameOf').mockImplementation((number) => `Name of ${number}`);
    page.phone.call('1002');
    const [call] = agent().calls;
    expect(page.phone.state.lines[0]?.remote).toEqual({ name: 'Name of 1002', number: '1002' });
    call?.listener?.answered();
    page.phone.transfer(page.phone.state.lines[0]?.id ?? 0, '1003');
    expect(page.phone.state.lines[0]?.transfer?.target.name).toBe('Name of 1003');
    await until(() => {
      expect(page.phone.state.lines[0]?.transfer?.state).toBe('handed-over');
    });
    call?.listener?.ended({ kind: 'normal' });
    expect(page.phone.state.lastEnded).toMatchObject({
      remote: { name: 'Name of 1002' },
      outcome: { kind: 'handed-over', target: { name: 'Name of 1003' } },
    });
    expect(page.people?.calls[0]?.remote.name).toBe('Name of 1002');
  });

  it('is found in the contacts in any notation, also when it is saved later (N6)', async () => {
    const page = await registered();
    const call = agent().ring(new FakeCall('in', { name: '', number: '0301234567' }));
    page.people?.contacts.save({ ...contact, name: 'Ann', number: '+49 (0)30 123-4567' });
    expect(page.phone.state.lines[0]?.remote.name).toBe('Ann');
    call.listener?.ended({ kind: 'missed' });
    agent()
      .ring(new FakeCall('in', { name: 'Said', number: '00493076543210' }))
      .listener?.ended({ kind: 'missed' });
    page.people?.contacts.save({ ...contact, name: 'Bob', number: '030 76543210' });
    expect(page.people?.calls.map(({ remote }) => remote.name).sort()).toEqual(['Ann', 'Bob']);
    page.phone.call('tel:+49 30 1234567');
    expect(agent().numbers).toEqual(['+49301234567']);
    expect(page.phone.state.lines[0]?.remote.name).toBe('Ann');
  });

  it('without a number is in the history as withheld, also in that of earlier versions (N5)', async () => {
    const page = await registered();
    for (const number of ['', 'anonymous']) {
      agent()
        .ring(new FakeCall('in', { name: '', number }))
        .listener?.ended({ kind: 'missed' });
    }
    expect(page.people?.calls.map(({ remote }) => remote)).toEqual([
      { name: '', number: '' },
      { name: '', number: '' },
    ]);
    expect(page.people?.suggest('anon')).toEqual([]);
  });

  it('is dialled, and found in the contacts, by the rules of the country', async () => {
    const numbering = { code: '49', trunk: '0', international: '00', shortest: 5, longest: 13 };
    const page = await registered({ numbering: { ...numbering, outside: '0' } });
    page.people?.contacts.save({ ...contact, name: 'Ann', number: '+49 30 12345' });
    page.phone.call('030 12345');
    expect(agent().numbers).toEqual(['003012345']);
    expect(page.phone.state.lines[0]?.remote).toEqual({ name: 'Ann', number: '03012345' });
    expect(page.people?.dialled('+33 1 23456789').target).toBe('00033123456789');
  });
});
