import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { FakeCall } from '../testing/fake-agent';
import {
  agent,
  button,
  calling,
  field,
  inCall,
  key,
  names,
  press,
  registered,
  setUp,
  settled,
  shown,
  tearDown,
  text,
  type,
  view,
} from '../testing/view-bench';

beforeEach(setUp);
afterEach(tearDown);

describe('the idle phone', () => {
  it('enters digits from the pad and deletes them', async () => {
    await registered();
    for (const digit of ['1', '0', '*', '#']) {
      await press(digit);
    }
    expect(field('Number to call').value).toBe('10*#');
    await press('Backspace');
    expect(field('Number to call').value).toBe('10*');
  });

  it('clears the number when Backspace is held', async () => {
    await registered();
    await type('Number to call', '12345');
    const back = button('Backspace');
    back.setPointerCapture = vi.fn();
    back.dispatchEvent(new Event('pointerdown'));
    await settled();
    back.dispatchEvent(new Event('lostpointercapture'));
    await press('Backspace');
    expect(field('Number to call').value).toBe('');
  });

  it('keeps the number when the finger slides off Backspace', async () => {
    await registered();
    await type('Number to call', '12345');
    const back = button('Backspace');
    back.setPointerCapture = vi.fn();
    back.dispatchEvent(new Event('pointerdown'));
    back.dispatchEvent(new Event('lostpointercapture'));
    await settled();
    expect(field('Number to call').value).toBe('12345');
  });

  it('takes digits from the keyboard wherever the focus is, but only without modifier keys', async () => {
    await registered();
    await key('7');
    await key('*');
    await key('a');
    await key('Backspace');
    document.body.dispatchEvent(
      new KeyboardEvent('keydown', { key: '1', ctrlKey: true, bubbles: true }),
    );
    await key('8');
    expect(field('Number to call').value).toBe('78');
    field('Number to call').dispatchEvent(
      new KeyboardEvent('keydown', { key: '9', bubbles: true }),
    );
    await shown();
    expect(field('Number to call').value).toBe('78');
  });

  it('shows letters on the keys that are not part of their names', async () => {
    await registered();
    expect(button('2').textContent).toContain('ABC');
    expect(names()).toEqual(expect.arrayContaining('0 1 2 3 4 5 6 7 8 9 * #'.split(' ')));
  });

  it('restores the last number on Call with an empty field, and calls it on the next', async () => {
    const call = await calling();
    call.listener?.ended({ kind: 'normal' });
    await shown();
    await settled();
    expect(field('Number to call').value).toBe('');
    await press('Call');
    expect(field('Number to call').value).toBe('1001');
    expect(agent().numbers).toEqual(['1001']);
    await press('Call');
    expect(agent().numbers).toEqual(['1001', '1001']);
  });

  it('shows why a call failed, as an alert, until it is dismissed', async () => {
    const call = await calling();
    call.listener?.ended(failed(cause('busy')));
    await shown();
    expect(text('[role="alert"]')).toBe(`Call to 1001 failed: Busy ${cause('busy').remedy}`);
    await press('1');
    expect(view().querySelector('[role="alert"]')).toBeNull();
  });

  it('shows a missed call without an alert', async () => {
    await registered();
    agent().ring().listener?.ended({ kind: 'missed' });
    await shown();
    expect(text('.report')).toBe('Missed call from 1001');
    expect(view().querySelector('[role="alert"]')).toBeNull();
  });
});

describe('an outgoing call', () => {
  it('shows the number and the progress; the timer starts with the answer', async () => {
    const call = await calling();
    expect(text('h2')).toBe('1001');
    expect(text('.call-state')).toBe('Calling…');
    expect(button('1').disabled).toBe(true);
    call.listener?.progress({ ringing: true, media: false });
    await shown();
    expect(text('.call-state')).toBe('Ringing…');
    expect(view().querySelector('[role="timer"]')).toBeNull();
    vi.advanceTimersByTime(20_000);
    call.listener?.answered();
    await shown();
    expect(text('[role="timer"]')).toBe('00:00');
    vi.advanceTimersByTime(61_000);
    await shown();
    expect(text('[role="timer"]')).toBe('01:01');
  });

  it('is not hung up by the second click of a double click', async () => {
    const call = await calling();
    expect(button('Hang up').disabled).toBe(true);
    await press('Hang up');
    expect(call.log).toEqual([]);
    await settled();
    await press('Hang up');
    expect(call.log).toEqual(['hang up']);
  });

  it('is not redialled by a click on Hang up just after the far side hung up', async () => {
    const call = await inCall();
    call.listener?.ended({ kind: 'normal' });
    await shown();
    expect(button('Call').disabled).toBe(true);
  });

  it('shows that it is muted, in text and appearance', async () => {
    const call = await inCall();
    await press('Mute');
    expect(text('.call-state')).toBe('You are muted');
    await press('Unmute');
    expect(text('.call-state')).toBe('In call');
    expect(call.log).toEqual(['muted on', 'muted off']);
  });

  it('sends and shows digits from pad and keyboard', async () => {
    const call = await inCall();
    await press('1');
    await press('#');
    await key('5');
    await key('x');
    const held = { key: '9', repeat: true, bubbles: true };
    document.body.dispatchEvent(new KeyboardEvent('keydown', held));
    expect(call.log).toEqual(['digits 1', 'digits #', 'digits 5']);
    expect(text('.sent-digits')).toBe('1#5');
  });
});

describe('an incoming call', () => {
  it('shows name and number, hostile ones as text', async () => {
    await registered();
    agent().ring(new FakeCall('in', { name: '<img src=x onerror=alert(1)>', number: '1001' }));
    await shown();
    expect(text('h2')).toBe('<img src=x onerror=alert(1)>');
    expect(view().querySelector('img')).toBeNull();
    expect(text('.who-number')).toBe('1001');
    expect(view().querySelector('.pad')).toBeNull();
  });

  it('is not answered by a press that began before it was shown', async () => {
    await registered();
    const call = agent().ring();
    await shown();
    await press('Answer');
    expect(call.log).toEqual([]);
    await settled();
    await press('Answer');
    expect(call.log).toEqual(['answer']);
    expect(text('.call-state')).toBe('Connecting…');
  });

  it('has the focus, in front of an open dialog', async () => {
    await registered();
    await press('Settings');
    agent().ring();
    await shown();
    expect(view().querySelector('dialog')).toBeNull();
    expect(document.activeElement?.getAttribute('aria-label')).toBe('Incoming call from 1001');
  });

  it('is declined', async () => {
    await registered();
    const call = agent().ring();
    await shown();
    await settled();
    await press('Decline');
    expect(call.log).toEqual(['reject declined']);
    expect(field('Number to call')).toBeDefined();
  });
});

it('writes no style attribute, which the Content-Security-Policy would block', async () => {
  await inCall();
  expect(view().querySelectorAll('[style]')).toHaveLength(0);
});
