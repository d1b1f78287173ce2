/* Shared set-up of the tests of several tabs: tabs of one browser, each with a scripted phone. */
import { expect } from 'vitest';
import { cause } from '../model/causes';
import { digestOf } from '../sip/digest';
import type { Account, Digest } from '../model/account';
import { SharedPhone } from '../continuity/tabs/shared-phone';
import { FakeLocks } from './fake-locks';
import { FakePhone } from './fake-phone';
import { until } from './until';

export const DOMAIN = 'pbx.test';

export function account(extension = '1000', password = 'secret'): Account {
  return { extension, password, server: 'wss://pbx.test', domain: DOMAIN };
}

/** A tab of the browser. */
export class Tab {
  readonly local = new FakePhone();
  readonly onPasswordAccepted: Digest[] = [];
  readonly shared: SharedPhone;

  constructor(locks: FakeLocks | null) {
    this.shared = new SharedPhone(this.local, locks?.locks, (_account, digest) => {
      this.onPasswordAccepted.push(digest);
    });
  }

  get registration(): string {
    return this.shared.state.registration.state;
  }

  /** The switch sends a challenge, and accepts the password. */
  accepted(): void {
    const used = this.local.accounts.at(-1) ?? account();
    const digest = 'password' in used ? digestOf(used.extension, DOMAIN, used.password) : used;
    this.shared.onPasswordAccepted(used, digest);
    this.local.show({ registration: { state: 'registered', extension: used.extension } });
  }

  refused(): void {
    this.local.show({
      registration: { state: 'failed', extension: '1000', cause: cause('wrong-password') },
    });
  }
}

let locks = new FakeLocks();
let tabs: Tab[] = [];

/** Before each test. */
export function setUp(): void {
  locks = new FakeLocks();
}

/** After each test. */
export function tearDown(): void {
  for (const { shared } of tabs) {
    shared.leavePage();
  }
  tabs = [];
}

/** The locks of this browser. */
export const browser = (): FakeLocks => locks;

export function open(browser: FakeLocks | null = locks): Tab {
  const tab = new Tab(browser);
  tabs.push(tab);
  return tab;
}

export async function registered(who: Account = account()): Promise<Tab> {
  const tab = open();
  tab.shared.register(who);
  await until(() => {
    expect(tab.local.accounts).toHaveLength(1);
  });
  tab.accepted();
  return tab;
}

export async function joined(password = 'secret'): Promise<Tab> {
  const tab = open();
  tab.shared.register(account('1000', password));
  await until(() => {
    expect(tab.registration).not.toBe('registering');
  });
  return tab;
}

export async function pair(): Promise<[Tab, Tab]> {
  return [await registered(), await joined()];
}
