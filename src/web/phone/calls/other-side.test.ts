import { expect, it } from 'vitest';
import { reportedParties } from './other-side';

const ann = { name: 'Ann', number: '0301234567' };

it.each(['+49301234567', '00301234567', '301234567', '0301234567'])(
  'keeps the number that was dialled when it is reported as %s',
  (number) => {
    expect(reportedParties({ remote: ann }, { name: '', number })).toEqual({ remote: ann });
    expect(reportedParties({ remote: ann }, { name: 'Ann Aster', number })).toEqual({
      remote: { name: 'Ann Aster', number: '0301234567' },
    });
  },
);

it.each([
  ['0301234567', '90301234567'],
  ['912015550123', '12015550123'],
  ['123456', '030123456'],
])('keeps %s, which differs by a prefix or the area code from %s', (before, number) => {
  const remote = { name: 'Ann', number: before };
  expect(reportedParties({ remote }, { name: '', number })).toEqual({ remote });
});

it.each([
  ['1001', '1002'],
  ['**1001', '1001'],
  ['**200001', '200001'],
  ['21001', '1001'],
  ['bob', 'bob123456'],
  ['0301234567', 'anonymous'],
])('is another party when %s becomes %s', (before, number) => {
  const remote = { name: 'Ann', number: before };
  const now = { name: '', number };
  expect(reportedParties({ remote }, now)).toEqual({ remote: now, original: remote });
});

it('keeps who it was first through several changes', () => {
  const second = { name: 'Bob', number: '1002' };
  const third = { name: 'Carol', number: '1003' };
  const { remote, original } = reportedParties({ remote: ann }, second);
  expect(reportedParties({ remote, ...(original && { original }) }, third)).toEqual({
    remote: third,
    original: ann,
  });
});
