/* What the tests of the views share: the whole phone on a scripted agent, found and used by the
   names that a person or a program goes by. */
import { vi } from 'vitest';
import { Phone } from '../calls';
import type { PhoneConfig } from '../config';
import { Settings } from '../settings';
import { SipPhone } from '../ui/sip-phone';
import { FakeAgent, type FakeCall } from './fake-agent';

const config: PhoneConfig = {
  server: 'wss://{host}:7443',
  domain: 'pbx.test',
  allowCustomServer: true,
  iceServers: [],
  adminUrl: '/sip/admin',
};

let agents: FakeAgent[] = [];
let phone: Phone;
let element = new SipPhone();

/** Before each test. */
export function setUp(): void {
  vi.useFakeTimers({
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'],
  });
  localStorage.clear();
}

/** After each test. */
export function tearDown(): void {
  element.remove();
  vi.useRealTimers();
}

export const view = (): SipPhone => element;

/** Every agent that was made. */
export const made = (): readonly FakeAgent[] => agents;

export async function open(part: Partial<PhoneConfig> = {}, protocol = 'https:'): Promise<void> {
  agents = [];
  phone = new Phone(
    (account, listener) => {
      const agent = new FakeAgent(account, listener);
      agents.push(agent);
      return agent;
    },
    { unlock: () => undefined, play: () => undefined },
  );
  const merged = { ...config, ...part };
  element = new SipPhone();
  element.settings = new Settings(merged, { hostname: 'pbx.test', protocol });
  element.adminUrl = merged.adminUrl;
  element.phone = phone;
  document.body.append(element);
  await shown();
}

/** Lets Lit render; each level of components takes a turn. */
export async function shown(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) {
    await Promise.resolve();
    await element.updateComplete;
  }
}

/** As assistive technology names it: the text that is not hidden from it. */
export function nameOf(element: Element): string {
  const copy = element.cloneNode(true) as Element;
  for (const hidden of copy.querySelectorAll('[aria-hidden="true"]')) {
    hidden.remove();
  }
  return (element.getAttribute('aria-label') ?? copy.textContent).replace(/\s+/g, ' ').trim();
}

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
  await shown();
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
  await shown();
}

/** The moment in which a new view's buttons are off. */
export async function settled(): Promise<void> {
  vi.advanceTimersByTime(500);
  await shown();
}

export function agent(): FakeAgent {
  const last = agents.at(-1);
  if (last === undefined) {
    throw new Error('no agent was made');
  }
  return last;
}

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
