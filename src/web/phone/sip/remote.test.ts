import { expect, it } from 'vitest';
import { remoteOf } from './remote';

it('gives name and number', () => {
  expect(remoteOf('Ann Example', '1001')).toEqual({ name: 'Ann Example', number: '1001' });
  expect(remoteOf(null, '1001')).toEqual({ name: '', number: '1001' });
  expect(remoteOf(undefined, null)).toEqual({ name: '', number: 'unknown' });
});

it('leaves out a name that repeats the number', () => {
  expect(remoteOf('1001', '1001')).toEqual({ name: '', number: '1001' });
});

it('removes control characters and changes of text direction, and keeps the rest as text', () => {
  expect(remoteOf('\u202E<b>Eve</b>\u0007\r\n\u2066\u{E0041}\u3164', '10\u200B01')).toEqual({
    name: '<b>Eve</b>',
    number: '1001',
  });
});

it('shortens long names without splitting a character', () => {
  const { name } = remoteOf('\u{1F600}'.repeat(500), '1001');
  expect(name).toBe('\u{1F600}'.repeat(80));
});
