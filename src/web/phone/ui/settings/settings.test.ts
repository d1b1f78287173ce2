import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { FakeSound } from '../../testing/fake-sound';
import { openWith, press, setUp, shown, tearDown, text, view } from '../../testing/view-bench';

const done = (): readonly string[] => (view().sound as FakeSound).done;

async function change(selector: string, value: string | boolean): Promise<void> {
  const control = view().querySelector<HTMLInputElement | HTMLSelectElement>(selector);
  if (control === null) {
    throw new Error(`no control ${selector}`);
  }
  if (typeof value === 'boolean') {
    (control as HTMLInputElement).checked = value;
  } else {
    control.value = value;
  }
  control.dispatchEvent(new Event('change', { bubbles: true }));
  control.dispatchEvent(new InputEvent('input', { bubbles: true }));
  await shown();
}

beforeEach(setUp);
afterEach(tearDown);

describe('sound', () => {
  it('applies choices at once: device, volume, audio processing', async () => {
    await openWith({});
    await press('Settings');
    await change('#sound-microphone', 'b');
    await change('#sound-ringer', '');
    await change('#ring-volume', '0.25');
    await press('Try the ringer');
    expect(done()).toEqual([
      'choose microphone b',
      'choose ringer none',
      'prefer {"ringVolume":0.25}',
      'ring',
    ]);
  });

  it('lets a person refuse the automatic answer that the administrator allows', async () => {
    const label = 'Answer intercom calls by itself';
    await openWith({});
    await press('Settings');
    expect(text('.sound')).not.toContain(label);
    view().options = { ...view().options, autoAnswer: true };
    await shown();
    const field = [...view().querySelectorAll('.sound .switch')].find(
      (one) => one.textContent.trim() === label,
    );
    field?.querySelector('input')?.click();
    await shown();
    expect(done()).toEqual(['prefer {"intercom":false}']);
  });

  it('can be tested by a recording, one at a time', async () => {
    await openWith({});
    await press('Settings');
    await press('Record and play back');
    expect(text('.sound')).toContain('Recording: say something…');
  });

  it('shows why there is no choice, and asks for the microphone', async () => {
    const obstacle = { microphone: 'Allow the microphone first.', speaker: '', ringer: '' };
    await openWith({ sound: { obstacle } });
    await press('Settings');
    expect(text('#sound-microphone-help')).toBe('Allow the microphone first.');
    await press('Allow the microphone');
    expect(done()).toEqual(['allow microphone']);
  });
});

it('starts a test call to the echo service, which closes the dialog', async () => {
  const phone = await openWith({});
  await press('Settings');
  await press('Test call');
  expect(phone.said).toEqual(['call 9196']);
  expect(view().querySelector('dialog')).toBeNull();
});

it('forgets this device after a confirmation', async () => {
  let asked = 0;
  await openWith({});
  view().addEventListener('forget', () => (asked += 1));
  await press('Settings');
  await press('Forget this device');
  expect(text('phone-forget')).toMatch(/call history, your contacts, the kept registration/);
  await press('Keep');
  await press('Forget this device');
  expect(asked).toBe(0);
  await press('Forget everything');
  expect(asked).toBe(1);
});
