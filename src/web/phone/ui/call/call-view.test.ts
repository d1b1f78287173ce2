import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failed } from '../../model/call';
import { cause } from '../../model/causes';
import { endedCall } from '../../testing/samples';
import { phoneConfig } from '../../testing/config';
import { line, quality } from '../../testing/view-phone';
import type { PhoneReport } from '../../quality/report';
import type { ServicesRequest } from '../ask';
import {
  button,
  field,
  key,
  names,
  openWith,
  press,
  setUp,
  settled,
  shown,
  tearDown,
  text,
  type,
  view,
} from '../../testing/view-bench';

const other = { name: 'Hedy Lamarr', number: '1002' };
const held = line({ id: 2, remote: other, hold: 'held' });
const ringing = line({ id: 3, direction: 'in', state: 'ringing', answeredAt: null, remote: other });

beforeEach(setUp);
afterEach(tearDown);

describe('the six controls', () => {
  it('mute, hold and resume the open line', async () => {
    const phone = await openWith({ phone: { lines: [line()] } });
    await press('Mute');
    await press('Hold');
    phone.show({ lines: [line({ hold: 'holding' })] });
    await shown();
    expect(button('Hold').disabled).toBe(true);
    phone.show({ lines: [line({ hold: 'held', muted: true })] });
    await shown();
    expect(text('.call-state')).toBe('On hold');
    await press('Unmute');
    await press('Resume');
    expect(phone.said).toEqual(['setMuted 1 true', 'hold 1', 'setMuted 1 false', 'resume 1']);
  });

  it('are disabled until the call is answered', async () => {
    await openWith({ phone: { lines: [line({ state: 'ringing', answeredAt: null })] } });
    for (const name of ['Mute', 'Hold', 'Transfer', 'Add call']) {
      expect(button(name).disabled, name).toBe(true);
    }
    expect(button('Hang up').disabled).toBe(false);
  });

  it('keep their places and names while other calls come and go', async () => {
    const phone = await openWith({ phone: { lines: [line()] } });
    const six = (): string[] =>
      [...view().querySelectorAll('.control')].map((one) => one.textContent.trim());
    expect(six()).toEqual(['Mute', 'Keypad', 'Hold', 'Transfer', 'Add call', 'Sound']);
    phone.show({ lines: [line(), held, ringing] });
    await shown();
    expect(six()).toEqual(['Mute', 'Keypad', 'Hold', 'Transfer', 'Merge', 'Sound']);
    await press('Merge');
    expect(phone.said).toEqual(['merge']);
  });

  it('show one drawer below them, and the pad again on a second press', async () => {
    await openWith({ phone: { lines: [line()] } });
    expect(button('Keypad').getAttribute('aria-expanded')).toBe('true');
    await press('Sound');
    expect(view().querySelector('#sound-microphone')).not.toBeNull();
    expect(view().querySelector('.pad')).toBeNull();
    await press('Sound');
    expect(view().querySelector('.pad')).not.toBeNull();
  });
});

describe('digits', () => {
  it('are sent by key and by paste, but not from a field', async () => {
    const phone = await openWith({ phone: { lines: [line()] } });
    await key('5');
    const paste = (target: EventTarget): void => {
      const event = new Event('paste', { bubbles: true, cancelable: true });
      Object.assign(event, { clipboardData: { getData: () => '12 34#' } });
      target.dispatchEvent(event);
    };
    paste(document.body);
    await press('Transfer');
    paste(field('Transfer to'));
    expect(phone.said).toEqual(['sendDigits 1 5', 'sendDigits 1 12 34#']);
  });

  it('of every script are tones (N2)', async () => {
    const phone = await openWith({ phone: { lines: [line()] } });
    await key('٥');
    const event = new Event('paste', { bubbles: true, cancelable: true });
    Object.assign(event, { clipboardData: { getData: () => '१२３٤#' } });
    document.body.dispatchEvent(event);
    await shown();
    expect(phone.said).toEqual(['sendDigits 1 5', 'sendDigits 1 1234#']);
  });

  it('of the number are announced, and sent by a click after a wait', async () => {
    const phone = await openWith({
      phone: { lines: [line({ tones: ',56w78', state: 'ringing' })] },
    });
    expect(text('.call-tones')).toBe('Then sends 56 … 78');
    phone.show({ lines: [line({ tones: '78w9' })] });
    await shown();
    await press('Send 78');
    expect(phone.said).toEqual(['sendTones 1']);
    phone.show({ lines: [line({ tones: '9', hold: 'held' })] });
    await shown();
    expect(button('Send 9').disabled).toBe(true);
  });
});

describe('tones', () => {
  const key1 = (): HTMLButtonElement => button('1');

  it('are sent before the answer, once the other side sends sound', async () => {
    const ringing = { ...line(), state: 'ringing', answeredAt: null } as const;
    const phone = await openWith({ phone: { lines: [{ ...ringing, earlyMedia: true }] } });
    expect(key1().disabled).toBe(false);
    await press('1');
    expect(phone.said).toEqual(['sendDigits 1 1']);
  });

  it.each([
    [{ state: 'ringing', answeredAt: null }, 'No tones yet: no sound'],
    [{ hold: 'held' }, 'No tones while on hold'],
  ] as const)('cannot be sent in %o, and the phone says so', async (part, words) => {
    await openWith({ phone: { lines: [{ ...line(), ...part }] } });
    expect(key1().disabled).toBe(true);
    expect(text('.sent-digits')).toBe('');
    await key('5');
    expect(text('.sent-digits')).toBe(words);
  });
});

describe('several lines', () => {
  it('are listed with state and time; Swap brings the other to the front', async () => {
    const phone = await openWith({ phone: { lines: [line(), held] } });
    expect(text('h2')).toBe('Grace Hopper');
    expect(text('.strip-line')).toMatch(/^Hedy Lamarr On hold \S+ Swap$/);
    expect(view().querySelectorAll('[role="timer"]')).toHaveLength(1);
    await press('Swap');
    expect(phone.said).toEqual(['swapTo 2']);
  });

  it('offer a choice of lines for Swap if there are several', async () => {
    const third = line({ id: 5, remote: { name: '', number: '2001' }, hold: 'held' });
    await openWith({ phone: { lines: [line(), held, third] } });
    expect(names()).toEqual(expect.arrayContaining(['Swap to Hedy Lamarr', 'Swap to 2001']));
  });

  it('appear as one with a name in a conference, which cannot be transferred', async () => {
    await openWith({ phone: { lines: [line({ conference: '3047' })] } });
    expect(text('h2')).toBe('Conference 3047');
    expect(text('.call-state')).toBe('In conference');
    expect(button('Transfer').disabled).toBe(true);
  });
});

describe('a second incoming call', () => {
  it('is announced, and leaves every control of the first in its place', async () => {
    const phone = await openWith({ phone: { lines: [line()] } });
    phone.show({ lines: [line(), ringing] });
    await shown();
    expect(text('[role="alert"]')).toBe('Incoming call Hedy Lamarr 1002');
    expect(names()).toEqual(
      expect.arrayContaining(['Mute', 'Hold', 'Hang up', 'Decline', 'End and answer', 'Answer']),
    );
  });

  it('is answered in either way or declined, but not by a press that began before', async () => {
    const phone = await openWith({ phone: { lines: [line()] } });
    phone.show({ lines: [line(), ringing] });
    await shown();
    await press('Answer');
    expect(phone.said).toEqual([]);
    await settled();
    await press('Answer');
    await press('End and answer');
    await press('Decline');
    expect(phone.said).toEqual(['answer 3 hold', 'answer 3 end', 'decline 3']);
  });

  it('waits until the one before it is answered or declined', async () => {
    const next = line({ ...ringing, id: 4, remote: { name: '', number: '2002' } });
    await openWith({ phone: { lines: [line(), ringing, next] } });
    expect(text('[role="alert"]')).toBe('Incoming call (1 more) Hedy Lamarr 1002');
  });
});

describe('a transfer', () => {
  it('goes to an entry of the list', async () => {
    const phone = await openWith({ phone: { lines: [line()] } });
    await press('Transfer');
    expect(button('Transfer now').disabled).toBe(true);
    await type('Transfer to', 'ann');
    const option = view().querySelector<HTMLElement>('[role="option"]');
    expect(option?.textContent).toContain('Annie Easley');
    option?.click();
    await shown();
    expect(field('Transfer to').value).toBe('1003');
    await press('Transfer now');
    await press('Ask first');
    expect(phone.said).toEqual(['transfer 1 1003', 'consult 1 1003']);
  });

  it('with consultation is completed or cancelled', async () => {
    const asked = line({ id: 4, state: 'ringing', answeredAt: null, consults: 2 });
    const phone = await openWith({ phone: { lines: [asked, held], openLine: 4 } });
    expect(text('.transfer-words')).toMatch(/^Calling Grace Hopper/);
    expect(button('Complete transfer').disabled).toBe(true);
    phone.show({ lines: [line({ id: 4, consults: 2 }), held] });
    await shown();
    await press('Complete transfer');
    await press('Cancel transfer');
    expect(phone.said).toEqual(['completeTransfer 2 4', 'cancelTransfer 2']);
  });

  it('connects two lines that are up already', async () => {
    const phone = await openWith({ phone: { lines: [line(), held] } });
    await press('Transfer');
    await press('Connect with Hedy Lamarr');
    expect(phone.said).toEqual(['completeTransfer 1 2']);
  });

  it('shows its progress, and never an answer of the target', async () => {
    const phone = await openWith({
      phone: { lines: [line({ transfer: { state: 'requested', target: other } })] },
    });
    expect(text('.transfer-progress')).toBe('Handing over to Hedy Lamarr… Cancel transfer');
    phone.show({ lines: [line({ transfer: { state: 'handed-over', target: other } })] });
    await shown();
    expect(text('.transfer-progress')).toMatch(/^Handed over to Hedy Lamarr/);
    phone.show({
      lines: [line({ transfer: { state: 'failed', target: other, cause: cause('busy') } })],
    });
    await shown();
    expect(text('[role="alert"]')).toMatch(/^Not transferred to Hedy Lamarr: Busy/);
    await press('Cancel transfer');
    expect(phone.said).toEqual(['cancelTransfer 1']);
  });
});

describe('quality', () => {
  it('is a word that opens graph and figures', async () => {
    await openWith({ phone: { lines: [line({ quality: [4.3, 3.7].map(quality) })] } });
    await press('Quality: Fair');
    expect(text('.figures')).toBe(
      'MOS 3.7 Loss 8.0 % Jitter 48 ms Round trip 310 ms Codec opus Received 31 kbit/s',
    );
    expect(view().querySelector('[role="img"]')?.getAttribute('aria-label')).toBe(
      'Voice quality over the last 2 s: between 3.7 and 4.3 of 4.5',
    );
  });

  it('is hidden once no more packets arrive', async () => {
    const flows = { sending: 'sound', receiving: 'nothing', playing: true, route: '' } as const;
    await openWith({ phone: { lines: [line({ quality: [quality(4.3)], flows })] } });
    await press('Quality: No sound');
    expect(text('.figures')).toMatch(/^MOS 4\.3/);
  });

  it('leads to a report that is shown before it is sent, without the number', async () => {
    const up = line({ quality: [quality(3.7)], remote: other });
    const phone = await openWith({ phone: { lines: [up] }, view: { options: phoneConfig } });
    const sent: PhoneReport[] = [];
    const answers = [false, true];
    view().addEventListener('ask-around', (event) => {
      (event as CustomEvent<ServicesRequest>).detail({
        phone,
        iceServers: [],
        report: (report) => {
          sent.push(report);
          return Promise.resolve(answers.shift() ?? false);
        },
      });
    });
    await press('Quality: Fair');
    await press('Report this call');
    expect(text('.report-preview')).not.toMatch(/1002|Hedy/);
    await press('Send report');
    expect(text('.notice-error')).toMatch(/not taken/);
    await press('Send report');
    expect(sent[1]).not.toHaveProperty('number');
    expect(text('phone-report [role="status"]')).toMatch(/^Sent\./);
  });
});

describe('a call with a fault', () => {
  it('shows the fault while it goes on', async () => {
    const phone = await openWith({ phone: { lines: [line({ rescue: 'reconnecting' })] } });
    expect(text('.call-state')).toBe('Reconnecting…');
    expect(text('.notice')).not.toMatch(/The call goes on/);
    phone.show({ lines: [line({ rescue: 'reconnecting', heard: true })] });
    await shown();
    expect(text('.notice')).toMatch(/The call goes on/);
    phone.show({ lines: [line({ rescue: 'reconnecting', heard: false })] });
    await shown();
    expect(text('.notice')).toMatch(/No sound arrives/);
    expect(view().querySelector('[role="alert"]')).toBeNull();
    phone.show({ lines: [line({ trouble: cause('microphone-in-use') })] });
    await shown();
    expect(text('[role="alert"]')).toContain(cause('microphone-in-use').remedy);
  });

  it('shows a fault before a warning, and announces a warning politely', async () => {
    const common = { code: 'x', at: 0, fault: '', state: 'open', steps: [] } as const;
    const warning = {
      ...common,
      text: 'Getting worse',
      remedy: 'Move.',
      severity: 'warning',
    } as const;
    const phone = await openWith({ phone: { lines: [line({ findings: [warning] })] } });
    expect(text('.notice-warning')).toMatch(/Getting worse Move\./);
    expect(view().querySelector('[role="alert"]')).toBeNull();
    const fault = {
      ...common,
      text: 'Nothing arrives',
      remedy: 'Call again.',
      severity: 'fault',
    } as const;
    phone.show({ lines: [line({ findings: [warning, fault] })] });
    await shown();
    expect(text('[role="alert"]')).toMatch(/Nothing arrives/);
  });

  it('that was lost can be called again while another goes on', async () => {
    const lastEnded = { ...endedCall, seconds: 9, outcome: failed(cause('server-lost-call')) };
    const phone = await openWith({ phone: { lines: [line()], lastEnded } });
    expect(text('[role="alert"]')).toMatch(/The server lost the call/);
    await press('Call again');
    expect(phone.said).toEqual(['call 1001']);
    phone.show({ lastEnded: { ...lastEnded, outcome: { kind: 'normal' } } });
    await shown();
    expect(view().querySelector('.report')).toBeNull();
  });
});

it('adds a call from the list while one is up', async () => {
  const phone = await openWith({ phone: { lines: [line()] } });
  await press('Add call');
  await type('Number to call', '1002');
  await press('Call');
  expect(phone.said).toEqual(['call 1002']);
});
