import type { UA, WebSocketInterface } from 'jssip';
import { beforeEach, expect, it, vi } from 'vitest';
import { UA as FakeUA } from '../testing/fake-jssip';
import { connectionProbe } from './connection';

interface Handlers {
  failed(event: object): void;
}

let ua: FakeUA;
let connection: ReturnType<typeof connectionProbe>;

beforeEach(() => {
  ua = new FakeUA({});
  const socket = {
    disconnect: () => ua.log.push('close'),
    ondisconnect: (_: boolean, code: number) => ua.log.push(`closed ${code}`),
  };
  connection = connectionProbe(
    ua as unknown as UA,
    socket as unknown as WebSocketInterface,
    'pbx.test',
  );
});

it.each([
  [true, false, 'up', ['close', 'closed 4000', 'connect']],
  [false, true, 'connecting', ['close', 'closed 4000', 'connect']],
  [false, false, 'down', ['connect']],
])(
  'is replaced by a new connection (connected %s, connecting %s)',
  (connected, connecting, state, log) => {
    ua.connected = connected;
    ua.connecting = connecting;
    expect(connection.state()).toBe(state);
    connection.renew();
    expect(ua.log).toEqual(log);
  },
);

it('counts any response as an answer, and a failure without a response as none', () => {
  const answered = vi.fn();
  connection.ask(answered);
  expect(answered).toHaveBeenCalledOnce();
  ua.sendOptions = (_target, _body, { eventHandlers }) => {
    (eventHandlers as unknown as Handlers).failed({ response: null });
  };
  connection.ask(answered);
  expect(answered).toHaveBeenCalledOnce();
});
