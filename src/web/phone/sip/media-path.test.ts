import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MediaPath } from './media-path';

class Connection extends EventTarget {
  iceConnectionState = 'connected';
  connectionState = 'connected';
  getStats(): Promise<ReadonlyMap<string, unknown>> {
    return Promise.resolve(new Map([['in', { type: 'inbound-rtp', packetsReceived: packets }]]));
  }
  become(state: string): void {
    this.iceConnectionState = state;
    this.dispatchEvent(new Event('iceconnectionstatechange'));
  }
}

let connection: Connection;
let log: string[];
let socket: boolean;
let packets: number;
let path: MediaPath;
let answered: boolean;

beforeEach(() => {
  vi.useFakeTimers();
  connection = new Connection();
  log = [];
  socket = true;
  packets = 1;
  answered = true;
  connection.addEventListener('iceconnectionstatechange', () => {
    if (connection.iceConnectionState === 'failed') {
      log.push('JsSIP ends it');
    }
  });
  path = new MediaPath(connection as unknown as RTCPeerConnection, {
    isAnswered: () => answered,
    canRenegotiate: () => socket,
    restart: () => {
      log.push('restart');
      return Promise.resolve(true);
    },
    onBroken: (is) => log.push(is ? 'broken' : 'mended'),
    onLost: () => log.push('lost'),
  });
});
afterEach(() => {
  vi.useRealTimers();
});

it('restarts ICE when the path breaks, and again while it stays broken', async () => {
  connection.become('disconnected');
  expect(log).toEqual(['broken', 'restart']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(log).toEqual(['broken', 'restart', 'restart']);
  connection.become('connected');
  await vi.advanceTimersByTimeAsync(70_000);
  expect(log).toEqual(['broken', 'restart', 'restart', 'mended']);
});

it('waits for the WebSocket', async () => {
  socket = false;
  connection.become('disconnected');
  expect(log).toEqual(['broken']);
  socket = true;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(log).toEqual(['broken', 'restart']);
});

it('keeps JsSIP from ending an answered call, and gives up after a minute of restarts', async () => {
  connection.become('failed');
  await vi.advanceTimersByTimeAsync(50_000);
  expect(log).not.toContain('JsSIP ends it');
  expect(log).not.toContain('lost');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(log.at(-1)).toBe('lost');
});

it('does not give up while a restart is impossible', async () => {
  socket = false;
  connection.become('failed');
  await vi.advanceTimersByTimeAsync(600_000);
  expect(log).toEqual(['broken']);
});

it.each([
  ['nothing', 0, ['restart']],
  ['packets', 1, []],
])('when the network has changed and %s arrives', async (_, more, expected) => {
  const checked = path.check();
  await vi.advanceTimersByTimeAsync(10);
  packets += more;
  await vi.advanceTimersByTimeAsync(1_000);
  await checked;
  expect(log).toEqual(expected);
});

it('does nothing after its end', async () => {
  connection.become('disconnected');
  path.stop();
  connection.become('failed');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(log).toEqual(['broken', 'restart', 'JsSIP ends it']);
});

it('does not restart ICE before the answer', () => {
  answered = false;
  connection.become('failed');
  expect(log).toEqual(['lost', 'JsSIP ends it']);
});
