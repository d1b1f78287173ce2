import { expect, it } from 'vitest';
import { withoutSessionDirection } from './sdp';

const lines = (...all: readonly string[]): string => all.map((one) => `${one}\r\n`).join('');
const audio = ['m=audio 9 UDP/TLS/RTP/SAVPF 109', 'c=IN IP4 192.0.2.1', 'a=sendonly', 'a=mid:0'];

it.each(['sendrecv', 'sendonly', 'recvonly', 'inactive'])(
  'says %s of the audio only, not of the whole session',
  (direction) => {
    expect(
      withoutSessionDirection(lines('v=0', `a=${direction}`, 'a=group:BUNDLE 0', ...audio)),
    ).toBe(lines('v=0', 'a=group:BUNDLE 0', ...audio));
  },
);

it('keeps a description without a direction of the session', () => {
  const sdp = lines('v=0', 's=-', 'a=sendrecvx', ...audio);
  expect(withoutSessionDirection(sdp)).toBe(sdp);
  expect(withoutSessionDirection(lines('v=0'))).toBe(lines('v=0'));
});
