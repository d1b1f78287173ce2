import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { phoneConfig } from '../../testing/config';
import { pastCall } from '../../testing/fake-people';
import { endedCall } from '../../testing/samples';
import {
  button,
  field,
  names,
  openWith,
  press,
  setUp,
  shown,
  tearDown,
  text,
  type,
  view,
} from '../../testing/view-bench';

beforeEach(setUp);
afterEach(tearDown);

async function keyIn(label: string, key: string): Promise<KeyboardEvent> {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  field(label).dispatchEvent(event);
  await shown();
  return event;
}

it('offers to call again if it is unknown which side ended the call', async () => {
  const lastEnded = { ...endedCall, seconds: 9, outcome: { kind: 'gone' } } as const;
  const phone = await openWith({ phone: { lastEnded } });
  expect(view().querySelector('.report')?.textContent).toMatch(
    /Call with 1001 ended\s+This phone was not connected/,
  );
  await press('Call again');
  expect(phone.said).toEqual(['call 1001']);
  phone.show({ lastEnded: { ...lastEnded, outcome: { kind: 'normal' } } });
  await shown();
  expect(names()).not.toContain('Call again');
});

describe('Number to call', () => {
  it('is a combobox whose list is navigated by arrow keys', async () => {
    const phone = await openWith({});
    await type('Number to call', 'e');
    const input = field('Number to call');
    expect(input.getAttribute('aria-expanded')).toBe('true');
    await keyIn('Number to call', 'ArrowDown');
    const active = document.getElementById(input.getAttribute('aria-activedescendant') ?? '');
    expect(active?.getAttribute('aria-selected')).toBe('true');
    expect(active?.textContent).toContain('Annie Easley');
    const entered = await keyIn('Number to call', 'Enter');
    // It fills the field in; calling is a wish of its own.
    expect(entered.defaultPrevented).toBe(true);
    expect(input.value).toBe('1003');
    expect(input.getAttribute('aria-expanded')).toBe('false');
    expect(phone.said).toEqual([]);
    await press('Call');
    expect(phone.said).toEqual(['call 1003']);
  });

  it('closes its list on Escape and leaves the text', async () => {
    await openWith({});
    await type('Number to call', '10');
    await keyIn('Number to call', 'ArrowUp');
    await keyIn('Number to call', 'Escape');
    expect(view().querySelectorAll('[role="option"]')).toHaveLength(0);
    expect(field('Number to call').value).toBe('10');
  });

  it('takes a paste from anywhere on the page', async () => {
    await openWith({});
    const event = new Event('paste', { bubbles: true, cancelable: true });
    Object.assign(event, { clipboardData: { getData: () => ' +49 30 1234 ' } });
    document.body.dispatchEvent(event);
    await shown();
    expect(field('Number to call').value).toBe('+49 30 1234');
  });

  it('is filled in by a link, and waits for the click', async () => {
    const phone = await openWith({ view: { prefill: 'tel:+49-(0)30-123;ext=5' } });
    expect(field('Number to call').value).toBe('+4930123,5');
    expect(text('.dialled')).toBe('Calls +4930123, then sends 5');
    expect(phone.said).toEqual([]);
  });

  it('is not filled in by a link without a number', async () => {
    await openWith({ view: { prefill: 'javascript:alert(1)' } });
    expect(field('Number to call').value).toBe('');
  });

  it('says below it what will be called', async () => {
    const phone = await openWith({});
    await type('Number to call', '1001');
    expect(text('.dialled')).toBe('');
    await type('Number to call', '\u202A+49 (0)30 123\u2011456\u202C ext. 7');
    expect(text('.dialled')).toBe('Calls +4930123456, then sends 7');
    expect(field('Number to call').getAttribute('aria-describedby')).toBe('number-dialled');
    await press('Call');
    expect(phone.said).toHaveLength(1);
  });

  it('says of several numbers that they are, and does not call', async () => {
    const phone = await openWith({});
    const event = new Event('paste', { bubbles: true, cancelable: true });
    Object.assign(event, { clipboardData: { getData: () => '030 1234567\r\n030 7654321' } });
    field('Number to call').dispatchEvent(event);
    await shown();
    expect(field('Number to call').value).toBe('030 1234567 | 030 7654321');
    expect(text('.dialled')).toBe('Several numbers: leave one of them.');
    await press('Call');
    expect(phone.said).toEqual([]);
  });

  it('takes one number that was broken into two lines', async () => {
    await openWith({});
    const event = new Event('paste', { bubbles: true, cancelable: true });
    Object.assign(event, { clipboardData: { getData: () => '+49 30\n1234567' } });
    document.body.dispatchEvent(event);
    await shown();
    expect(text('.dialled')).toBe('Calls +49301234567');
  });
});

describe('the recent calls', () => {
  it('are three, and one press calls back', async () => {
    const phone = await openWith({});
    const calls = names().filter((name) => name.includes(' again, '));
    expect(calls).toHaveLength(3);
    expect(calls[0]).toMatch(/^Call Hedy Lamarr again, missed, /);
    await press(calls[0] ?? '');
    expect(phone.said).toEqual(['call 1002']);
  });

  it('show that a call was answered elsewhere', async () => {
    const calls = [pastCall({ direction: 'in', outcome: 'elsewhere', seconds: null })];
    await openWith({ calls });
    expect(names().find((name) => name.includes('again'))).toContain('not answered here');
  });
});

describe('around calls', () => {
  it('calls the voicemail box, and shows the number of new messages', async () => {
    const phone = await openWith({ phone: { voicemail: { fresh: 2, old: 1, account: '' } } });
    expect(button('Voicemail').getAttribute('aria-description')).toBe('2 new');
    await press('Voicemail');
    phone.show({ voicemail: { fresh: 0, old: 0, account: 'sip:4000@pbx.test' } });
    await shown();
    await press('Voicemail');
    expect(phone.said).toEqual(['call *98', 'call sip:4000@pbx.test']);
  });

  it('has no voicemail button without a box', async () => {
    await openWith({ view: { options: { ...phoneConfig, voicemailNumber: '' } } });
    expect(button('Voicemail').disabled).toBe(true);
  });

  it('switches do not disturb, and shows it', async () => {
    const phone = await openWith({});
    await press('Do not disturb');
    expect(phone.said).toEqual(['setDoNotDisturb true']);
    phone.show({ doNotDisturb: true });
    await shown();
    expect(button('Do not disturb').getAttribute('aria-pressed')).toBe('true');
    await press('Do not disturb');
    expect(phone.said.at(-1)).toBe('setDoNotDisturb false');
  });

  it('shows history in the place of the pad, and the pad again', async () => {
    await openWith({});
    await press('History');
    expect(view().querySelector('.pad')).toBeNull();
    expect(view().querySelector('h2')?.textContent).toBe('History');
    await press('History');
    expect(view().querySelector('.pad')).not.toBeNull();
  });

  it('gives way to a call', async () => {
    const phone = await openWith({});
    await press('Contacts');
    phone.show({ lines: [] });
    await shown();
    expect(view().querySelector('phone-contacts')).not.toBeNull();
  });
});

describe('notices', () => {
  it('report that the browser blocks sound, and unblock it by one click', async () => {
    await openWith({ sound: { soundBlocked: true } });
    await press('Allow sound');
    expect(view().sound).toMatchObject({ done: ['unlock'] });
  });

  it('list the shortcuts on ?', async () => {
    await openWith({});
    const event = new KeyboardEvent('keydown', { key: '?', bubbles: true, cancelable: true });
    document.body.dispatchEvent(event);
    await press('Backspace');
    expect(view().querySelector('dialog')?.textContent).toContain('Hold or resume');
  });
});
