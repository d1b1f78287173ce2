import { describe, expect, it } from 'vitest';
import { DialPlan } from './dial-plan';
import { NumberIndex } from './number-index';

const germany = {
  ...{ code: '49', trunk: '0', international: '00', shortest: 5, longest: 13, outside: '0' },
};
const indexOf = (numbers: readonly string[], plan = new DialPlan(null)): NumberIndex<string> =>
  new NumberIndex(
    numbers.map((number) => [number, number]),
    plan.key,
  );
const isFound = (saved: string, from: string, plan = new DialPlan(null)): boolean =>
  indexOf([saved], plan).find(from) === saved && indexOf([from], plan).find(saved) === from;

describe('without the country', () => {
  it.each([
    ['+49 30 1234567', '0301234567'],
    ['+49 (0)30 1234567', '0301234567'],
    ['+49 30 1234567', '0049301234567'],
    ['+49 30 1234567', '01149301234567'],
    ['+49 30 1234567', '49301234567'],
    ['0049 30 1234567', '0301234567'],
    ['+1 (201) 555-0123', '2015550123'],
    ['+1 (201) 555-0123', '12015550123'],
    ['+39 06 1234567', '061234567'],
    ['+390612345678', '0612345678'],
    ['+33 1 23 45 67 89', '٠١٢٣٤٥٦٧٨٩'],
    ['+49 30 1234567,,56#', '0301234567'],
    ['Sales-Desk', 'sales-desk'],
    ['sip:ann@x', 'Ann@X'],
    ['*98', '*98'],
  ])('%s and %s are one number', (one, other) => {
    expect(isFound(one, other)).toBe(true);
  });

  it.each([
    ['+49 30 1234567', '0401234567'],
    ['+49 30 1234567', '1234567'],
    ['+49 30 1234567', '4567'],
    ['+49 30 1234567', '+33 30 1234567'],
    ['0301234567', '1234567'],
    ['1001', '91001'],
    ['1001', '01001'],
    ['101', '+49 30 1234101'],
    ['2015550123', '5550123'],
    ['*98', '98'],
    ['ann@x', 'ann@y'],
    ['', '1001'],
  ])('%s and %s are not', (one, other) => {
    expect(isFound(one, other)).toBe(false);
  });

  it('takes the same notation before others, and none of two that it may be', () => {
    const numbers = ['+49 30 1234567', '+33 30 1234567', '0301234567'];
    expect(indexOf(numbers).find('030/1234567')).toBe('0301234567');
    expect(indexOf(numbers.slice(0, 2)).find('0301234567')).toBeUndefined();
    expect(indexOf(['+49301234567', '0049301234567']).find('0301234567')).toBe('+49301234567');
  });
});

describe('with the country', () => {
  const plan = new DialPlan(germany);

  it.each([
    ['+49 30 1234567', '0301234567'],
    ['+49 30 1234567', '(030) 123-45-67'],
    ['+49 30 12345', '03012345'],
    ['030 12345', '004930 12345'],
    ['+33 1 23456789', '0033123456789'],
    ['+49 30 1234567', '49301234567'],
  ])('%s and %s are one number', (one, other) => {
    expect(isFound(one, other, plan)).toBe(true);
  });

  it.each([
    ['+33 30 1234567', '0301234567'],
    ['0301234567', '+43 30 1234567'],
    ['1001', '01001'],
  ])('%s and %s are not', (one, other) => {
    expect(isFound(one, other, plan)).toBe(false);
  });
});
