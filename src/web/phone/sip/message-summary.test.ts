import { expect, it } from 'vitest';
import { voicemailOf } from './message-summary';

const WAITING = 'Messages-Waiting: yes\r\nMessage-Account: sip:1000@phone.test\r\n';

it('counts new and old messages', () => {
  expect(voicemailOf(`${WAITING}Voice-Message: 2/3 (0/0)\r\n`, '1000')).toEqual({
    fresh: 2,
    old: 3,
    account: '',
  });
});

it('reports waiting messages without a count, and the number of the box', () => {
  expect(voicemailOf(WAITING, '1001')).toEqual({ fresh: 1, old: 0, account: '1000' });
  expect(voicemailOf('Messages-Waiting: no\r\n', '1001')).toEqual({
    fresh: 0,
    old: 0,
    account: '',
  });
});

it('is null for a body without voice messages', () => {
  expect(voicemailOf('', '1000')).toBeNull();
  expect(voicemailOf('Fax-Message: 1/0\r\n', '1000')).toBeNull();
});
