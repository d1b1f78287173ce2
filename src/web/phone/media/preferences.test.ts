import { beforeEach, expect, it, vi } from 'vitest';
import { loadPreferences, savePreferences } from './preferences';

beforeEach(() => {
  localStorage.clear();
});

it('starts with audio processing on, an audible ringtone and no chosen device', () => {
  expect(loadPreferences()).toMatchObject({
    microphone: null,
    echoCancellation: true,
    ringtone: 'chime',
    ringVolume: 0.8,
  });
});

it('keeps what was set', () => {
  const set = {
    ...loadPreferences(),
    microphone: { id: 'a', label: 'Jabra' },
    noiseSuppression: false,
    ringtone: 'soft' as const,
    ringVolume: 0,
    vibration: false,
  };
  savePreferences(set);
  expect(loadPreferences()).toEqual(set);
});

it.each([
  'no JSON',
  'null',
  '7',
  '{"ringVolume":2,"ringtone":"<b>","echoCancellation":"no","microphone":"a","speaker":{"id":1}}',
])('uses the default for %s', (text) => {
  const defaults = loadPreferences();
  localStorage.setItem('sipapp.sound', text);
  expect(loadPreferences()).toEqual(defaults);
});

it('works without storage', () => {
  const forbidden = (): never => {
    throw new DOMException('', 'SecurityError');
  };
  const defaults = loadPreferences();
  vi.stubGlobal('localStorage', { getItem: forbidden, setItem: forbidden });
  expect(loadPreferences()).toEqual(defaults);
  expect(() => {
    savePreferences(loadPreferences());
  }).not.toThrow();
  vi.unstubAllGlobals();
});
