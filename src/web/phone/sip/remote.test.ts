import { describe, expect, it } from 'vitest';
import { incomingRemote, remoteOf } from './remote';

it('gives name and number', () => {
  expect(remoteOf('Ann Example', '1001')).toEqual({ name: 'Ann Example', number: '1001' });
  expect(remoteOf(null, '1001')).toEqual({ name: '', number: '1001' });
});

const caller = (
  name: string | null,
  user: string | null,
  { host = 'pbx.test', privacy = '' } = {},
) =>
  incomingRemote({ display_name: name, uri: { user, host } }, (header) =>
    header === 'Privacy' ? privacy : undefined,
  );

describe('a caller', () => {
  it.each([
    ['', 'anonymous'],
    ['Anonymous', 'anonymous'],
    ['Anonymous', 'Anonymous'],
    ['Unknown', 'unknown'],
    ['Unknown Caller', null],
    ['', ''],
    ['', '0000000000'],
    ['Restricted', 'Restricted'],
    ['Private number', 'private'],
    ['Number withheld', 'withheld'],
    ['Unavailable', 'unavailable'],
  ])('called %j at %j withholds the number (N5)', (name, user) => {
    expect(caller(name, user)).toEqual({ name: '', number: '' });
  });

  it('withholds it by the host or by Privacy, and may say a name', () => {
    expect(caller('Ann', 'ann', { host: 'anonymous.invalid' })).toEqual({
      name: 'Ann',
      number: '',
    });
    expect(caller('Ann', '1001', { privacy: 'id;critical' })).toEqual({ name: 'Ann', number: '' });
    expect(caller('FreeSWITCH', '0000000000')).toEqual({ name: 'FreeSWITCH', number: '' });
  });

  it.each(['0', '00', '0000', '1000000', '+49301234567', 'anonymous-desk', 'private1'])(
    'at %s does not',
    (user) => {
      expect(caller('Ann', user, { privacy: 'none' })).toEqual({ name: 'Ann', number: user });
    },
  );
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
