import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { line, type ViewPhone } from '../testing/view-phone';
import {
  agent,
  button,
  inCall,
  made,
  names,
  open,
  openWith,
  setUp,
  settled,
  shown,
  soon,
  tearDown,
  text,
  type,
  view,
} from '../testing/view-bench';
import { QUICK_MS } from './first-render';
import { lineText } from './texts';

const status = (): string => text('[role="status"]');
const ringing = line({ direction: 'in', state: 'ringing', answeredAt: null });
const answering = { ...ringing, state: 'answering' } as const;

beforeEach(setUp);
afterEach(tearDown);

async function typed(): Promise<void> {
  await open();
  await type('Extension', '1000');
  await type('Password', 'secret');
}

/** Records everything that the phone shows. */
function seen(): readonly string[] {
  const texts: string[] = [];
  new MutationObserver(() => texts.push(text('main'))).observe(view(), {
    childList: true,
    subtree: true,
    characterData: true,
  });
  return texts;
}

it('does not show that it registers if the registration is quick', async () => {
  await typed();
  const texts = seen();
  button('Register').click();
  vi.advanceTimersByTime(QUICK_MS - 1);
  agent().listener.registered();
  await shown();
  expect(status()).toBe('Registered as 1000');
  expect(texts.filter((one) => one.includes('Registering'))).toEqual([]);
});

it('shows that it registers if that takes longer', async () => {
  await typed();
  button('Register').click();
  await soon();
  expect(status()).toBe('Registering');
});

it('treats a double click as one click', async () => {
  await typed();
  button('Register').click();
  button('Register').click();
  await soon();
  expect(made()).toHaveLength(1);
});

it('shows all other changes at once while it registers again', async () => {
  await inCall();
  await settled();
  agent().listener.registering();
  button('Mute').click();
  await shown();
  expect(button('Unmute')).toBeDefined();
});

describe('an answered call', () => {
  const answer = async (phone: ViewPhone): Promise<void> => {
    vi.spyOn(phone, 'answer').mockImplementation(() => {
      phone.show({ lines: [answering] });
    });
    await settled();
    button('Answer').click();
    vi.advanceTimersByTime(QUICK_MS - 1);
  };

  it('is shown once it is active', async () => {
    const phone = await openWith({ phone: { lines: [ringing] } });
    await answer(phone);
    expect(names()).toContain('Answer');
    phone.show({ lines: [line({ direction: 'in' })] });
    await shown();
    expect(names()).not.toContain('Answer');
    expect(names()).toContain('Hang up');
  });

  it('is shown as answering if that takes longer', async () => {
    const phone = await openWith({ phone: { lines: [ringing] } });
    await answer(phone);
    await soon();
    expect(text('.call-state')).toBe(lineText(answering));
  });
});
