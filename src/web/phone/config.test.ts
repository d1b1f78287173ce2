import { expect, it } from 'vitest';
import { parseConfig } from './config';

const good = {
  server: 'wss://{host}:7443',
  domain: '',
  allowCustomServer: true,
  iceServers: [
    { urls: 'stun:stun.test' },
    { urls: ['turn:turn.test'], username: 'u', credential: 'c', other: 1 },
  ],
  echoNumber: '9196',
  adminUrl: '/sip/admin',
};

const parsed = (part: Record<string, unknown>): ReturnType<typeof parseConfig> =>
  parseConfig(JSON.stringify({ ...good, ...part }));

it('reads what the server wrote', () => {
  expect(parsed({})).toEqual({
    server: 'wss://{host}:7443',
    domain: '',
    allowCustomServer: true,
    iceServers: [
      { urls: 'stun:stun.test' },
      { urls: ['turn:turn.test'], username: 'u', credential: 'c' },
    ],
    adminUrl: '/sip/admin',
  });
});

it('does not allow another server, and knows no ICE server, unless told', () => {
  expect(parsed({ allowCustomServer: undefined, iceServers: undefined })).toMatchObject({
    allowCustomServer: false,
    iceServers: [],
  });
  expect(parsed({ allowCustomServer: 'yes' }).allowCustomServer).toBe(false);
});

it.each([
  [{ server: 1 }, /server/],
  [{ domain: null }, /domain/],
  [{ adminUrl: undefined }, /adminUrl/],
  [{ iceServers: {} }, /iceServers/],
  [{ iceServers: [{}] }, /urls/],
  [{ iceServers: ['stun:x'] }, /urls/],
  [{ iceServers: [{ urls: [1] }] }, /urls/],
])('names the key at fault in %o', (part, message) => {
  expect(() => parsed(part)).toThrow(message);
});

it.each(['', 'x', '[]', 'null', '1'])('refuses %j', (json) => {
  expect(() => parseConfig(json)).toThrow();
});
