import { describe, expect, it } from 'vitest';
import { isRingtone, render, ringtones } from './patterns';

const loudest = (samples: Float32Array): number =>
  samples.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

describe('a period', () => {
  it('of ringback is 2 s of tone and 4 s of silence', () => {
    const samples = render('ringback', 8000);
    expect(samples).toHaveLength(48_000);
    expect(loudest(samples.subarray(0, 16_000))).toBeGreaterThan(0.05);
    expect(loudest(samples.subarray(16_000))).toBe(0);
  });

  it.each(ringtones)('of %s is louder than ringback, and ends in a pause', (ringtone) => {
    const samples = render(ringtone, 8000);
    expect(loudest(samples)).toBeGreaterThan(2 * loudest(render('ringback', 8000)));
    expect(loudest(samples.subarray(-8000))).toBe(0);
  });

  it('of the waiting tone is short, because it sounds during a conversation', () => {
    const samples = render('waiting', 8000);
    expect(samples.filter((sample) => sample !== 0).length / samples.length).toBeLessThan(0.1);
  });

  it.each([...ringtones, 'ringback', 'waiting', 'busy'] as const)(
    'of %s has no clipping and no clicks',
    (tone) => {
      const samples = render(tone, 16_000);
      expect(loudest(samples)).toBeLessThan(1);
      expect(Math.abs(samples[0] ?? 1)).toBe(0);
      expect(samples.at(-1)).toBeCloseTo(0);
      const jump = samples.reduce(
        (most, value, i) => Math.max(most, Math.abs(value - (samples[i - 1] ?? 0))),
        0,
      );
      expect(jump).toBeLessThan(0.5);
    },
  );
});

it('a ringtone name is distinguished from other text', () => {
  expect(isRingtone('soft')).toBe(true);
  expect(isRingtone('ringback')).toBe(false);
  expect(isRingtone(null)).toBe(false);
});
