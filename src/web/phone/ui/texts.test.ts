import { expect, it } from 'vitest';
import type { EndedCall } from '../model/state';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { dialledLine, endedCall } from '../testing/samples';
import { registrationText } from './bar';
import { withoutCountry } from '../model/numbers/dial-plan';
import { fakeLine } from '../testing/fake-phone';
import {
  calledName,
  clock,
  dialledText,
  endedCallNotice,
  isToBeCalledAgain,
  lineNumber,
  lineText,
  sentText,
} from './texts';

const line = dialledLine;

const ended = (part: Partial<EndedCall>): EndedCall => ({ ...endedCall, ...part });

it('shows the state of the registration in the words that programs wait for', () => {
  expect(registrationText({ state: 'none' })).toBe('Not registered');
  expect(registrationText({ state: 'registering', extension: '1000', again: true })).toBe(
    'Registering',
  );
  expect(registrationText({ state: 'registered', extension: '1000' })).toBe('Registered as 1000');
  expect(
    registrationText({ state: 'failed', extension: '1000', cause: cause('wrong-password') }),
  ).toBe('Registration failed: Wrong extension or password');
});

it('shows the state of a line', () => {
  expect(lineText(line)).toBe('Calling…');
  expect(lineText({ ...line, state: 'ringing' })).toBe('Ringing…');
  expect(lineText({ ...line, state: 'ringing', direction: 'in' })).toBe('Incoming call');
  expect(lineText({ ...line, state: 'answering' })).toBe('Connecting…');
  expect(lineText({ ...line, state: 'active' })).toBe('In call');
  expect(lineText({ ...line, state: 'active', muted: true })).toBe('You are muted');
});

it('shows the other side by name, otherwise by number', () => {
  expect(calledName({ name: 'Ann', number: '1001' })).toBe('Ann');
  expect(calledName({ name: '', number: '1001' })).toBe('1001');
});

it('says that a number is withheld, and offers nothing to call (N5)', () => {
  const withheld = { name: '', number: '' };
  expect(calledName(withheld)).toBe('Number withheld');
  expect(lineNumber(fakeLine(1, { remote: { name: 'Ann', number: '' } }))).toBe('Number withheld');
  const missed = ended({ remote: withheld, outcome: { kind: 'missed' } });
  expect(endedCallNotice(missed)?.title).toBe('Missed call from a withheld number');
  const gone = { outcome: { kind: 'gone' }, seconds: 5 } as const;
  expect(isToBeCalledAgain(ended({ ...gone, remote: withheld }))).toBe(false);
  expect(isToBeCalledAgain(ended(gone))).toBe(true);
});

it('says what is dialled where that is not what was typed', () => {
  const said = (typed: string): string => dialledText(typed, withoutCountry.dialled(typed));
  expect(said(' 1001 ')).toBe('');
  expect(said('sales-desk')).toBe('');
  expect(said('+49 (0)30 1234567')).toBe('Calls +49301234567');
  expect(said('1-800-FLOWERS')).toBe('Calls 18003569377');
  expect(said('1001 ext. 56')).toBe('Calls 1001, then sends 56');
  expect(said('1001,,56#,12')).toBe('Calls 1001, then sends 56# … 12');
});

it('reports the outcome of a call', () => {
  expect(endedCallNotice(ended({ outcome: failed(cause('busy')) }))).toEqual({
    tone: 'error',
    title: 'Call to 1001 failed: Busy',
    detail: cause('busy').remedy,
  });
  expect(
    endedCallNotice(ended({ direction: 'in', outcome: failed(cause('microphone-denied')) }))?.title,
  ).toBe('Call from 1001 failed: Microphone blocked');
  expect(endedCallNotice(ended({ seconds: 9, outcome: failed(cause('audio-lost')) }))?.title).toBe(
    'Call with 1001 ended: Audio connection lost',
  );
  expect(endedCallNotice(ended({ direction: 'in', outcome: { kind: 'missed' } }))).toMatchObject({
    tone: 'warning',
    title: 'Missed call from 1001',
  });
  expect(endedCallNotice(ended({ direction: 'in', outcome: { kind: 'elsewhere' } }))).toMatchObject(
    {
      tone: 'plain',
      title: 'Call from 1001 was answered elsewhere',
    },
  );
  expect(endedCallNotice(ended({ seconds: 75 }))).toMatchObject({
    title: 'Call with 1001 ended',
    detail: 'It lasted 01:15.',
  });
  expect(endedCallNotice(ended({}))).toBeNull();
});

it('shortens a long name in a report, so that the rest stays visible', () => {
  const remote = { name: 'x'.repeat(80), number: '1001' };
  expect(endedCallNotice(ended({ remote, seconds: 1 }))?.title).toBe(
    `Call with ${'x'.repeat(20)}… ended`,
  );
});

it('shows the last digits sent', () => {
  expect(sentText('12345')).toBe('12345');
  expect(sentText(`${'1'.repeat(30)}2`)).toBe(`…${'1'.repeat(19)}2`);
});

it.each([
  [0, '00:00'],
  [59, '00:59'],
  [60, '01:00'],
  [3599, '59:59'],
  [3600, '1:00:00'],
  [36_061, '10:01:01'],
])('%i s are %s', (seconds, text) => {
  expect(clock(seconds)).toBe(text);
});
