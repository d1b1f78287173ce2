import { afterEach, expect, it, vi } from 'vitest';
import { readStored, removeStored, writeStored } from './storage';

afterEach(() => {
  vi.unstubAllGlobals();
  localStorage.clear();
  sessionStorage.clear();
});

it('stores a text until it is removed, in both storages', () => {
  expect(writeStored('a', '1')).toBe(true);
  writeStored('a', '2', 'sessionStorage');
  expect(readStored('a')).toBe('1');
  expect(readStored('a', 'sessionStorage')).toBe('2');
  writeStored('a', null);
  expect(readStored('a')).toBeNull();
  expect(readStored('a', 'sessionStorage')).toBe('2');
});

it('removes the keys with a prefix, and nothing else', () => {
  writeStored('sipapp.a', '1');
  writeStored('other', '1');
  removeStored('sipapp.', 'localStorage');
  expect(Object.keys(localStorage)).toEqual(['other']);
});

it('goes on where the browser forbids storage', () => {
  const forbidden = {
    get: () => {
      throw new DOMException('', 'SecurityError');
    },
  };
  const own = Object.getOwnPropertyDescriptor(window, 'localStorage');
  Object.defineProperty(window, 'localStorage', { ...forbidden, configurable: true });
  try {
    expect(readStored('a')).toBeNull();
    expect(writeStored('a', '1')).toBe(false);
    removeStored('a', 'localStorage');
  } finally {
    Object.defineProperty(window, 'localStorage', own ?? {});
  }
});
