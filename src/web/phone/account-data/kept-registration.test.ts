import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cause } from '../model/causes';
import type { Account } from '../model/account';
import { DeviceStore } from './device-store';
import { KeptRegistration } from './kept-registration';
import { isKept } from './storage-keys';

const PLACE = { server: 'wss://pbx.test', domain: 'pbx.test' };
const DIGEST = { ha1: '939e7578ed9e3c518a452acee763bce9', realm: 'pbx.test' };
const ANN: Account = { extension: '1000', password: 'secret', ...PLACE };
const BOB: Account = { extension: '1001', password: 'secret', ...PLACE };

const open: DeviceStore[] = [];

/** A page that is opened anew, on the same device. */
function page(isSecureContext = true): KeptRegistration {
  const device = new DeviceStore();
  open.push(device);
  return new KeptRegistration(device.vault, { isSecureContext });
}

async function kept(account: Account): Promise<void> {
  const keeping = page();
  keeping.onRegistering(account, true);
  await keeping.onPasswordAccepted(account, DIGEST);
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

it('finds what was kept, for the server that is configured now', async () => {
  await kept(ANN);
  const later = page();
  expect(isKept()).toBe(true);
  expect(await later.find({ ...PLACE, server: 'wss://new.test' })).toEqual({
    extension: '1000',
    domain: 'pbx.test',
    server: 'wss://new.test',
    ...DIGEST,
  });
  expect(await later.find({ ...PLACE, domain: 'other.test' })).toBeNull();
});

it('keeps nothing that nobody asked to keep, and nothing before it was proved right', async () => {
  const keeping = page();
  expect(isKept()).toBe(false);
  keeping.onRegistering(ANN, false);
  await keeping.onPasswordAccepted(ANN, DIGEST);
  expect(isKept()).toBe(false);
  expect(await page().find(PLACE)).toBeNull();

  keeping.onRegistering(ANN, true);
  await keeping.onPasswordAccepted({ ...ANN }, DIGEST);
  expect(isKept()).toBe(false);
});

it('drops what was kept when somebody registers without', async () => {
  await kept(ANN);
  const keeping = page();
  keeping.onRegistering(ANN, false);
  expect(isKept()).toBe(false);
  await vi.waitFor(async () => {
    expect(await page().find(PLACE)).toBeNull();
  });
});

it('gives each tab its own extension back, and a new tab the one kept last', async () => {
  await kept(ANN);
  await kept(BOB);
  expect(await page().find(PLACE)).toMatchObject({ extension: '1001' });
  sessionStorage.setItem('sipapp.account', '1000@pbx.test');
  expect(await page().find(PLACE)).toMatchObject({ extension: '1000' });
  sessionStorage.setItem('sipapp.account', '1002@pbx.test');
  expect(await page().find(PLACE)).toBeNull();
  sessionStorage.clear();
  expect(await page().find(PLACE)).toMatchObject({ extension: '1001' });
});

it('drops what the switch refuses, but not for another reason', async () => {
  await kept(ANN);
  const keeping = page();
  await keeping.find(PLACE);
  await keeping.onFailed('1000@pbx.test', cause('unreachable'));
  expect(isKept()).toBe(true);

  await keeping.onFailed('1000@pbx.test', cause('wrong-password'));
  expect(isKept()).toBe(false);
  expect(await page().find(PLACE)).toBeNull();
});

it('does not drop what was kept when somebody mistypes', async () => {
  await kept(ANN);
  const keeping = page();
  await keeping.find(PLACE);
  keeping.onRegistering({ ...ANN, password: 'typo' }, true);
  await keeping.onFailed('1000@pbx.test', cause('wrong-password'));
  expect(await page().find(PLACE)).not.toBeNull();
});

it('keeps nothing on a page without TLS', async () => {
  const keeping = page(false);
  expect(keeping.isPossible).toBe(false);
  keeping.onRegistering(ANN, true);
  await keeping.onPasswordAccepted(ANN, DIGEST);
  expect(isKept()).toBe(false);
});

it('goes on where storage is forbidden', async () => {
  vi.stubGlobal('localStorage', undefined);
  vi.stubGlobal('sessionStorage', undefined);
  const keeping = page();
  keeping.onRegistering(ANN, true);
  await keeping.onPasswordAccepted(ANN, DIGEST);
  expect(isKept()).toBe(false);
  expect(await keeping.find(PLACE)).toBeNull();
});
