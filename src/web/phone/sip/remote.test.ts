import { expect, it } from 'vitest';
import { remoteOf } from './remote';

it('gives name and number', () => {
  expect(remoteOf('Ann Example', '1001')).toEqual({ name: 'Ann Example', number: '1001' });
  expect(remoteOf(null, '1001')).toEqual({ name: '', number: '1001' });
  expect(remoteOf(undefined, null)).toEqual({ name: '', number: 'unknown' });
});

it('does not say the number twice', () => {
  expect(remoteOf('1001', '1001')).toEqual({ name: '', number: '1001' });
});

it('takes out control characters and turns of direction, and leaves the rest as text', () => {
  expect(remoteOf('\u202E<b>Eve</b>\u0007\r\n\u2066', '10\u200B01')).toEqual({
    name: '<b>Eve</b>',
    number: '1001',
  });
});

it('cuts long names, not in the middle of a character', () => {
  const { name } = remoteOf('\u{1F600}'.repeat(500), '1001');
  expect(name).toBe('\u{1F600}'.repeat(80));
});
