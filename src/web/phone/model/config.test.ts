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
  turn: true,
  echoNumber: '9196',
  conferencePrefix: '30',
  recoveryUser: 'resume',
  voicemailNumber: '*98',
  pickupPrefix: '**',
  numbering: {
    ...{ code: '49', trunk: '0', international: '00', shortest: 5, longest: 13, outside: '0' },
  },
  autoAnswer: true,
  directory: true,
  presence: 'server',
  reports: true,
  phoneApi: '/sip/phone',
  serviceWorker: '/sip/service-worker.js',
  adminUrl: '/sip/admin',
  offline: true,
};

const parsed = (part: Record<string, unknown>): ReturnType<typeof parseConfig> =>
  parseConfig(JSON.stringify({ ...good, ...part }));

it('reads the server’s configuration', () => {
  expect(parsed({ plugins: {} })).toEqual({
    ...good,
    iceServers: [
      { urls: 'stun:stun.test' },
      { urls: ['turn:turn.test'], username: 'u', credential: 'c' },
    ],
  });
});

it('has everything off and no ICE server by default', () => {
  const flags = [
    'allowCustomServer',
    'turn',
    'autoAnswer',
    'directory',
    'reports',
    'offline',
  ] as const;
  const config = parsed({
    ...Object.fromEntries(flags.map((flag) => [flag, undefined])),
    iceServers: undefined,
  });
  expect(flags.filter((flag) => config[flag])).toEqual([]);
  expect(config.iceServers).toEqual([]);
  expect(parsed({ numbering: null }).numbering).toBeNull();
  expect(parsed({ presence: undefined }).presence).toBe('off');
  expect(parsed({ presence: 'sip' }).presence).toBe('sip');
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
