import { describe, expect, it } from 'vitest';
import { otherSide } from './remote-names';

const caller = (name: string, number: string) =>
  otherSide({ direction: 'in', remote: { name, number } });

describe('a caller', () => {
  it.each([
    ['', 'anonymous'],
    ['Anonymous', 'Anonymous'],
    ['Unknown', 'unknown'],
    ['Unknown Caller', ''],
    ['', '0000000000'],
    ['', '+0000000'],
    ['Restricted', 'Restricted'],
    ['Private number', 'private'],
    ['Number withheld', 'withheld'],
    ['Unavailable', 'unavailable'],
  ])('called %j at %j withholds the number (N5)', (name, number) => {
    expect(caller(name, number)).toEqual({ name: '', number: '' });
  });

  it.each(['0', '00', '0000', '1000000', '+49301234567', 'anonymous-desk', 'private1'])(
    'at %s does not',
    (number) => {
      expect(caller('Ann', number)).toEqual({ name: 'Ann', number });
    },
  );

  it('may say a name', () => {
    expect(caller('FreeSWITCH', '0000000000')).toEqual({ name: 'FreeSWITCH', number: '' });
  });
});

it('of a call that was made has the number that was dialled, unless another one is there now', () => {
  const called = (number: string) => otherSide({ direction: 'out', remote: { name: '', number } });
  expect(called('unknown').number).toBe('unknown');
  expect(called('000000').number).toBe('000000');
  expect(called('anonymous').number).toBe('');
});
