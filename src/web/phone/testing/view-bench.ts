/* Shared set-up of the views' tests: the whole phone on a scripted agent, used by accessible names. */
import { vi } from 'vitest';
import { Phone } from '../calls/phone';
import type { PhoneConfig } from '../model/config';
import { Settings } from '../model/settings';
import { QUICK_MS } from '../ui/first-render';
import { SipPhone } from '../ui/sip-phone';
import { phoneConfig } from './config';
import { FakeAgent, type FakeCall, lastAgent } from './fake-agent';
import { prepared, type Prepared } from './gallery/prepared';
import { nameOf } from './names';
import type { ViewPhone } from './view-phone';

const config: PhoneConfig = { ...phoneConfig, domain: 'pbx.test' };

let agents: FakeAgent[] = [];
let phone: Phone;
let element = new SipPhone();

/** Before each test. */
export function setUp(): void {
  vi.useFakeTimers({
    // In the afternoon, so that 26 hours ago was yesterday.
    now: new Date(2026, 5, 10, 15),
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  });
  localStorage.clear();
  isWide(false);
}

/** Whether history and contacts have room beside the card. */
export function isWide(wide: boolean): void {
  const real = window.matchMedia.bind(window);
  vi.spyOn(window, 'matchMedia').mockImplementation((query) =>
    // A media query that always matches, or never does.
    query.includes('900px') ? real(wide ? 'all' : 'not all') : real(query),
  );
}

/** After each test. */
export async function tearDown(): Promise<void> {
  element.remove();
  await vi.dynamicImportSettled();
  vi.useRealTimers();
}

export const view = (): SipPhone => element;

/** Every agent that was created. */
export const made = (): readonly FakeAgent[] => agents;

export async function open(part: Partial<PhoneConfig> = {}, protocol = 'https:'): Promise<void> {
  agents = [];
  phone = new Phone(
    (account, listener) => {
      const agent = new FakeAgent(account, listener);
      agents.push(agent);
      return agent;
    },
    { unlock: () => undefined, play: () => undefined, announce: () => undefined },
  );
  const merged = { ...config, ...part };
  element = new SipPhone();
  element.settings = new Settings(merged, { hostname: 'pbx.test', port: '', protocol });
  element.options = merged;
  element.phone = phone;
  document.body.append(element);
  await shown();
}

/** The phone on a model that only records its commands. */
export async function openWith(wanted: Prepared): Promise<ViewPhone> {
  element = new SipPhone();
  document.body.append(prepared(element, wanted));
  await vi.dynamicImportSettled();
  await shown();
  await settled();
  return element.phone as ViewPhone;
}

/** Lets Lit render; each level of components takes a turn of the event loop. */
export async function shown(): Promise<void> {
  await vi.dynamicImportSettled();
  for (let turn = 0; turn < 5; turn += 1) {
    await Promise.resolve();
    await element.updateComplete;
  }
}

export { nameOf };

export function names(): string[] {
  return [...element.querySelectorAll('button, a')]
    .filter((element) => element.closest('dialog') === null)
    .map(nameOf);
}

export function button(name: string): HTMLButtonElement {
  const found = [...element.querySelectorAll('button')].find((one) => nameOf(one) === name);
  if (found === undefined) {
    throw new Error(`no button ${name}; there are: ${names().join(', ')}`);
  }
  return found;
}

export function field(label: string): HTMLInputElement {
  const found = [...element.querySelectorAll('label')].find((one) => nameOf(one) === label);
  const input = found === undefined ? null : document.getElementById(found.htmlFor);
  if (!(input instanceof HTMLInputElement)) {
    throw new Error(`no field ${label}`);
  }
  return input;
}

export function text(selector: string): string {
  return element.querySelector(selector)?.textContent.replace(/\s+/g, ' ').trim() ?? '(none)';
}

export async function press(name: string): Promise<void> {
  button(name).click();
  // The component that it opens may have to be loaded first.
  await vi.dynamicImportSettled();
  await soon();
}

export async function type(label: string, value: string): Promise<void> {
  field(label).value = value;
  field(label).dispatchEvent(new InputEvent('input', { bubbles: true }));
  await shown();
}

export async function key(value: string): Promise<void> {
  document.body.dispatchEvent(
    new KeyboardEvent('keydown', { key: value, bubbles: true, cancelable: true }),
  );
  await soon();
}

/** Delayed rendering happens after a moment. */
export async function soon(): Promise<void> {
  vi.advanceTimersByTime(QUICK_MS);
  await shown();
}

/** The time in which a new view's buttons are disabled. */
export async function settled(): Promise<void> {
  vi.advanceTimersByTime(500);
  await shown();
}

export const agent = (): FakeAgent => lastAgent(agents);

export async function register(): Promise<void> {
  await type('Extension', '1000');
  await type('Password', 'secret');
  await press('Register');
}

export async function registered(): Promise<void> {
  await open();
  await register();
  agent().listener.registered();
  await shown();
  await settled();
}

export async function calling(): Promise<FakeCall> {
  await registered();
  await type('Number to call', '1001');
  await press('Call');
  const call = agent().calls.at(-1);
  if (call === undefined) {
    throw new Error('no call was made');
  }
  return call;
}

export async function inCall(): Promise<FakeCall> {
  const call = await calling();
  await settled();
  call.listener?.answered();
  await shown();
  return call;
}
