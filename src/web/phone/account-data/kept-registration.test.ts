import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { cause } from '../model/causes';
import type { Account } from '../model/account';
import { DeviceStore } from './device-store';
import { KeptRegistration } from './kept-registration';
import { isRegistrationKept } from './storage-keys';

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

it('restores the kept account, for the server that is configured now', async () => {
  await kept(ANN);
  const later = page();
  expect(isRegistrationKept()).toBe(true);
  expect(await later.restore({ ...PLACE, server: 'wss://new.test' })).toEqual({
    extension: '1000',
    domain: 'pbx.test',
    server: 'wss://new.test',
    hasOwnDomain: false,
    ...DIGEST,
  });
  expect(await later.restore({ ...PLACE, domain: 'other.test' })).toBeNull();
});

it('finds an account in the domain that its person typed, whatever is configured', async () => {
  await kept({ ...ANN, domain: 'branch.example', hasOwnDomain: true });
  expect(await page().restore(PLACE)).toEqual({
    extension: '1000',
    domain: 'branch.example',
    server: 'wss://pbx.test',
    hasOwnDomain: true,
    ...DIGEST,
  });
});

it('finds what an older version kept, which did not say who named the domain', async () => {
  await kept(ANN);
  const device = new DeviceStore();
  open.push(device);
  await device.vault.save('1000@pbx.test', DIGEST);
  expect(await page().restore(PLACE)).toMatchObject({ domain: 'pbx.test', ...DIGEST });
  expect(await page().restore({ ...PLACE, domain: 'other.test' })).toBeNull();
});

it('keeps a registration only on request, and only after its password was accepted', async () => {
  const keeping = page();
  expect(isRegistrationKept()).toBe(false);
  keeping.onRegistering(ANN, false);
  await keeping.onPasswordAccepted(ANN, DIGEST);
  expect(isRegistrationKept()).toBe(false);
  expect(await page().restore(PLACE)).toBeNull();

  keeping.onRegistering(ANN, true);
  await keeping.onPasswordAccepted({ ...ANN }, DIGEST);
  expect(isRegistrationKept()).toBe(false);
});

it('removes the kept registration when the person registers without keeping', async () => {
  await kept(ANN);
  const keeping = page();
  keeping.onRegistering(ANN, false);
  expect(isRegistrationKept()).toBe(false);
  await vi.waitFor(async () => {
    expect(await page().restore(PLACE)).toBeNull();
  });
});

it('restores the extension of each tab, and in a new tab the one kept last', async () => {
  await kept(ANN);
  await kept(BOB);
  expect(await page().restore(PLACE)).toMatchObject({ extension: '1001' });
  sessionStorage.setItem('sipapp.account', '1000@pbx.test');
  expect(await page().restore(PLACE)).toMatchObject({ extension: '1000' });
  sessionStorage.setItem('sipapp.account', '1002@pbx.test');
  expect(await page().restore(PLACE)).toBeNull();
  sessionStorage.clear();
  expect(await page().restore(PLACE)).toMatchObject({ extension: '1001' });
});

it('removes a credential that the switch refuses, and not after other failures', async () => {
  await kept(ANN);
  const keeping = page();
  await keeping.restore(PLACE);
  await keeping.onFailed('1000@pbx.test', cause('unreachable'));
  expect(isRegistrationKept()).toBe(true);

  await keeping.onFailed('1000@pbx.test', cause('wrong-password'));
  expect(isRegistrationKept()).toBe(false);
  expect(await page().restore(PLACE)).toBeNull();
});

it('does not remove the kept registration after a mistyped password', async () => {
  await kept(ANN);
  const keeping = page();
  await keeping.restore(PLACE);
  keeping.onRegistering({ ...ANN, password: 'typo' }, true);
  await keeping.onFailed('1000@pbx.test', cause('wrong-password'));
  expect(await page().restore(PLACE)).not.toBeNull();
});

it('keeps nothing on a page without TLS', async () => {
  const keeping = page(false);
  expect(keeping.isPossible).toBe(false);
  keeping.onRegistering(ANN, true);
  await keeping.onPasswordAccepted(ANN, DIGEST);
  expect(isRegistrationKept()).toBe(false);
});

it('works where storage is forbidden', async () => {
  vi.stubGlobal('localStorage', undefined);
  vi.stubGlobal('sessionStorage', undefined);
  const keeping = page();
  keeping.onRegistering(ANN, true);
  await keeping.onPasswordAccepted(ANN, DIGEST);
  expect(isRegistrationKept()).toBe(false);
  expect(await keeping.restore(PLACE)).toBeNull();
});
