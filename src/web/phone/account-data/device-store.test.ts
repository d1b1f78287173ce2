import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { MAX_CONTACTS } from './contacts';
import { MAX_CALLS, type NewCall } from './history';
import { DeviceStore } from './device-store';

const ACCOUNT = '1000@pbx.test';
const open: DeviceStore[] = [];

/** A tab of the browser. */
async function tab(): Promise<DeviceStore> {
  const device = new DeviceStore();
  open.push(device);
  await device.ready;
  return device;
}

function call(part: Partial<NewCall> = {}): NewCall {
  return {
    direction: 'in',
    remote: { name: 'Ann', number: '1001' },
    outcome: 'normal',
    cause: '',
    startedAt: 1_000,
    seconds: 5,
    quality: null,
    ...part,
  };
}

const missed = (startedAt: number): NewCall =>
  call({ outcome: 'missed', seconds: null, startedAt });

/** All that lies in the database, keys of stores included. */
async function kept(): Promise<Record<string, unknown[]>> {
  const found: Record<string, unknown[]> = {};
  const opening = indexedDB.open('sipapp-phone');
  const database = await result(opening);
  for (const name of database.objectStoreNames) {
    found[name] = await result(database.transaction(name).objectStore(name).getAll());
  }
  database.close();
  return found;
}

async function result<Value>(request: IDBRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result);
    };
    request.onerror = () => {
      reject(new Error(request.error?.message));
    };
  });
}

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  localStorage.clear();
  sessionStorage.clear();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((device) => device.close()));
  vi.unstubAllGlobals();
});

describe('history', () => {
  it('is stored for each extension, newest first', async () => {
    const before = (await tab()).historyOf(ACCOUNT);
    before.add(call({ startedAt: 1_000 }));
    before.add(call({ startedAt: 3_000 }));
    before.add(call({ startedAt: 2_000 }));

    const after = await tab();

    expect(after.historyOf(ACCOUNT).calls.map(({ startedAt }) => startedAt)).toEqual([
      3_000, 2_000, 1_000,
    ]);
    expect(after.historyOf('1001@pbx.test').calls).toEqual([]);
  });

  it('counts missed calls until they are marked as seen', async () => {
    const history = (await tab()).historyOf(ACCOUNT);
    history.add(missed(1_000));
    history.add(call());
    history.add(missed(2_000));
    expect(history.missed).toBe(2);

    history.markSeen();

    expect(history.missed).toBe(0);
    expect((await tab()).historyOf(ACCOUNT).missed).toBe(0);
    history.add(missed(3_000));
    expect(history.missed).toBe(1);
  });

  it('deletes one call, or all of the extension', async () => {
    const device = await tab();
    const history = device.historyOf(ACCOUNT);
    const other = device.historyOf('1001@pbx.test');
    other.add(call());
    for (const startedAt of [1_000, 2_000, 3_000]) {
      history.add(call({ startedAt }));
    }

    history.remove(history.calls[1]?.id ?? 0);
    expect(history.calls.map(({ startedAt }) => startedAt)).toEqual([3_000, 1_000]);
    history.clear();

    const later = await tab();
    expect(later.historyOf(ACCOUNT).calls).toEqual([]);
    expect(later.historyOf('1001@pbx.test').calls).toHaveLength(1);
  });

  it('keeps the newest calls up to the maximum', async () => {
    const history = (await tab()).historyOf(ACCOUNT);
    for (let startedAt = 0; startedAt < MAX_CALLS + 3; startedAt += 1) {
      history.add(call({ startedAt }));
    }
    const { calls } = (await tab()).historyOf(ACCOUNT);
    expect(calls).toHaveLength(MAX_CALLS);
    expect(calls.at(-1)?.startedAt).toBe(3);
  });

  it('follows changes in another tab', async () => {
    const here = (await tab()).historyOf(ACCOUNT);
    const there = (await tab()).historyOf(ACCOUNT);
    const seen = vi.fn();
    const end = here.subscribe(seen);

    there.add(call());
    await vi.waitFor(() => {
      expect(here.calls).toHaveLength(1);
    });
    there.clear();
    await vi.waitFor(() => {
      expect(here.calls).toEqual([]);
    });

    expect(seen).toHaveBeenCalledTimes(2);
    end();
    here.add(call());
    expect(seen).toHaveBeenCalledTimes(2);
  });

  it('keeps changes made before it was loaded', async () => {
    (await tab()).historyOf(ACCOUNT).add(call({ startedAt: 1_000 }));
    const early = new DeviceStore();
    open.push(early);
    const history = early.historyOf(ACCOUNT);
    history.add(call({ startedAt: 2_000 }));
    expect(history.calls).toHaveLength(1);

    await early.ready;

    expect(history.calls).toHaveLength(2);
  });
});

describe('contacts', () => {
  it('are stored, favourites first, then by name', async () => {
    const { contacts } = await tab();
    for (const [name, favourite] of [
      ['Zoë', true],
      ['Ärger 10', false],
      ['Ärger 9', false],
    ] as const) {
      contacts.save({ id: null, name: ` ${name} `, number: ' 1001 ', favourite });
    }
    const later = (await tab()).contacts;
    expect(later.list.map(({ name }) => name)).toEqual(['Zoë', 'Ärger 9', 'Ärger 10']);
    expect(later.list[0]?.number).toBe('1001');
  });

  it('are changed and deleted', async () => {
    const { contacts } = await tab();
    contacts.save({ id: null, name: 'Ann', number: '1001', favourite: false });
    const [ann] = contacts.list;
    expect(ann).toBeDefined();
    if (ann !== undefined) {
      contacts.save({ ...ann, name: 'Anna', favourite: true });
      expect((await tab()).contacts.list).toEqual([{ ...ann, name: 'Anna', favourite: true }]);
      contacts.remove(ann.id);
    }
    expect((await tab()).contacts.list).toEqual([]);
  });

  it('are found by their number in any notation', async () => {
    const { contacts } = await tab();
    contacts.save({ id: null, name: 'Ann', number: '+49 (30) 12-34', favourite: false });
    expect(contacts.byNumber('+49301234')?.name).toBe('Ann');
    expect(contacts.byNumber('0301234')).toBeUndefined();
    contacts.save({ id: null, name: 'Bob', number: '+49 30 1234567', favourite: false });
    expect(contacts.byNumber('0301234567')?.name).toBe('Bob');
    expect(contacts.byNumber('004930/1234567')?.name).toBe('Bob');
    expect(contacts.byNumber('1234')).toBeUndefined();
    expect(contacts.list).toBe(contacts.list);
  });

  it('have a maximum number', async () => {
    const { contacts } = await tab();
    for (let index = 0; index < MAX_CONTACTS; index += 1) {
      contacts.save({ id: null, name: `Somebody ${index}`, number: '1', favourite: false });
    }
    expect(contacts.list).toHaveLength(MAX_CONTACTS);
    expect(contacts.save({ id: null, name: 'One', number: '1', favourite: false })).toBe(false);
  });
});

describe('without a database', () => {
  const forbidden = {
    open: () => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    },
  };

  it('lasts as long as the page, and notifies once', async () => {
    vi.stubGlobal('indexedDB', forbidden);
    const device = new DeviceStore();
    open.push(device);
    const onChange = vi.fn();
    device.subscribe(onChange);
    await device.ready;
    const history = device.historyOf(ACCOUNT);
    history.add(missed(1_000));
    device.contacts.save({ id: null, name: 'Ann', number: '1001', favourite: false });

    expect(history.missed).toBe(1);
    expect(device.contacts.list).toHaveLength(1);
    expect(device.trouble).toMatch(/keeps nothing/);
    expect(onChange).toHaveBeenCalledTimes(1);
    expect(await device.vault.save(ACCOUNT, { ha1: 'x', realm: 'pbx.test' })).toBe(false);
    expect(await device.vault.load(ACCOUNT)).toBeNull();
    await device.vault.remove(ACCOUNT);
    await device.forget();
    expect(history.calls).toEqual([]);
  });

  it('notifies when writing to the database fails', async () => {
    const device = await tab();
    expect(device.trouble).toBe('');
    await device.close();
    open.length = 0;
    const again = await tab();
    const onChange = vi.fn();
    const end = again.subscribe(onChange);
    await result(indexedDB.deleteDatabase('sipapp-phone'));

    again.historyOf(ACCOUNT).add(call());

    await vi.waitFor(() => {
      expect(again.trouble).not.toBe('');
    });
    expect(again.historyOf(ACCOUNT).calls).toHaveLength(1);
    expect(onChange).toHaveBeenCalledTimes(1);
    end();
  });
});

describe('the vault', () => {
  const digest = { ha1: '939e7578ed9e3c518a452acee763bce9', realm: 'pbx.test' };

  it('loads a saved credential, also in a later page', async () => {
    expect(await (await tab()).vault.save(ACCOUNT, digest)).toBe(true);
    const { vault } = await tab();
    expect(await vault.load(ACCOUNT)).toEqual(digest);
    expect(await vault.load('1001@pbx.test')).toBeNull();
  });

  it('stores no plain text, and a key that is not extractable', async () => {
    await (await tab()).vault.save(ACCOUNT, digest);
    const { credentials, keys } = await kept();
    const [sealed] = credentials as { sealed: ArrayBuffer }[];
    const bytes = Buffer.from(sealed?.sealed ?? new ArrayBuffer(0)).toString('latin1');
    expect(bytes.length).toBeGreaterThan(50);
    expect(bytes).not.toContain(digest.ha1);
    expect(keys).toHaveLength(1);
    for (const key of keys as CryptoKey[]) {
      expect(key.extractable).toBe(false);
      await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
    }
  });

  it('uses one key in all tabs, and a new nonce each time', async () => {
    const [one, other] = [await tab(), await tab()];
    await Promise.all([
      one.vault.save(ACCOUNT, digest),
      other.vault.save('1001@pbx.test', { ...digest, ha1: 'other' }),
    ]);
    expect(await other.vault.load(ACCOUNT)).toEqual(digest);
    expect(await one.vault.load('1001@pbx.test')).toMatchObject({ ha1: 'other' });
    const { credentials, keys } = await kept();
    expect(keys).toHaveLength(1);
    const nonces = (credentials as { iv: Uint8Array }[]).map(({ iv }) => iv.join());
    expect(new Set(nonces).size).toBe(2);
  });

  it('does not decrypt a credential for another account', async () => {
    const device = await tab();
    await device.vault.save(ACCOUNT, digest);
    const database = await result(indexedDB.open('sipapp-phone'));
    const store = database.transaction('credentials', 'readwrite').objectStore('credentials');
    const stolen = (await result(store.get(ACCOUNT))) as object;
    await result(store.put({ ...stolen, account: '1001@pbx.test' }));
    database.close();
    expect(await device.vault.load('1001@pbx.test')).toBeNull();
  });

  it('removes a credential', async () => {
    const { vault } = await tab();
    await vault.save(ACCOUNT, digest);
    await vault.remove(ACCOUNT);
    expect(await vault.load(ACCOUNT)).toBeNull();
  });
});

describe('forget this device', () => {
  it('deletes the data of sipapp in all tabs, and no other data', async () => {
    const device = await tab();
    const other = await tab();
    device.historyOf(ACCOUNT).add(call());
    device.contacts.save({ id: null, name: 'Ann', number: '1001', favourite: true });
    await device.vault.save(ACCOUNT, { ha1: 'x', realm: 'pbx.test' });
    localStorage.setItem('sipapp.extension', '1000');
    localStorage.setItem('other', 'stays');
    sessionStorage.setItem('sipapp.account', ACCOUNT);
    await vi.waitFor(() => {
      expect(other.contacts.list).toHaveLength(1);
    });

    await device.forget();

    expect(await kept()).toEqual({ calls: [], contacts: [], credentials: [], keys: [] });
    expect(Object.keys(localStorage)).toEqual(['other']);
    expect(sessionStorage).toHaveLength(0);
    expect(device.contacts.list).toEqual([]);
    await vi.waitFor(() => {
      expect(other.contacts.list).toEqual([]);
      expect(other.historyOf(ACCOUNT).calls).toEqual([]);
    });
  });

  it('works where storage is forbidden', async () => {
    const device = await tab();
    vi.stubGlobal('localStorage', undefined);
    await expect(device.forget()).resolves.toBeUndefined();
  });
});
