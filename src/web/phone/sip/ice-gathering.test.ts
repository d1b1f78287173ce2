import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { GatheringCap } from './ice-gathering';

const host = { type: 'host', protocol: 'udp' };
const hostTcp = { type: 'host', protocol: 'tcp' };
const srflx = { type: 'srflx', protocol: 'udp' };
const relay = { type: 'relay', protocol: 'udp' };

let ready: ReturnType<typeof vi.fn<() => void>>;
let nothing: ReturnType<typeof vi.fn<() => void>>;

beforeEach(() => {
  vi.useFakeTimers();
  ready = vi.fn();
  nothing = vi.fn();
});
afterEach(() => {
  vi.useRealTimers();
});

it('waits 5 ms for another address when no server is configured', () => {
  const cap = new GatheringCap(false, nothing);
  cap.begin();
  cap.candidate(host, ready);
  vi.advanceTimersByTime(4);
  cap.candidate(host, ready);
  vi.advanceTimersByTime(2);
  cap.candidate(hostTcp, ready);
  vi.advanceTimersByTime(2);
  expect(ready).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ready).toHaveBeenCalledTimes(1);
});

it('does not count a TCP candidate as an address', () => {
  const cap = new GatheringCap(false, nothing);
  cap.begin();
  cap.candidate(hostTcp, ready);
  vi.advanceTimersByTime(1499);
  expect(ready).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ready).toHaveBeenCalledTimes(1);
});

it.each([srflx, relay])('waits 300 ms after a public address: %o', (candidate) => {
  const cap = new GatheringCap(true, nothing);
  cap.begin();
  cap.candidate(host, ready);
  vi.advanceTimersByTime(400);
  expect(ready).not.toHaveBeenCalled();
  cap.candidate(candidate, ready);
  vi.advanceTimersByTime(299);
  expect(ready).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ready).toHaveBeenCalledTimes(1);
});

it('waits at most 1.5 s from the start for an unreachable server', () => {
  const cap = new GatheringCap(true, nothing);
  cap.begin();
  vi.advanceTimersByTime(100);
  cap.candidate(host, ready);
  vi.advanceTimersByTime(1399);
  expect(ready).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(ready).toHaveBeenCalledTimes(1);
  expect(nothing).not.toHaveBeenCalled();
});

it('takes the first candidate after the limit at once', () => {
  const cap = new GatheringCap(true, nothing);
  cap.begin();
  vi.advanceTimersByTime(2000);
  expect(ready).not.toHaveBeenCalled();
  cap.candidate(host, ready);
  expect(ready).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(10_000);
  expect(nothing).not.toHaveBeenCalled();
});

it('gives up after 5 s without any candidate', () => {
  const cap = new GatheringCap(false, nothing);
  cap.begin();
  vi.advanceTimersByTime(4999);
  expect(nothing).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(nothing).toHaveBeenCalledTimes(1);
});

it('does nothing after the end', () => {
  const cap = new GatheringCap(false, nothing);
  cap.begin();
  cap.candidate(host, ready);
  cap.end();
  vi.advanceTimersByTime(10_000);
  expect(ready).not.toHaveBeenCalled();
  expect(nothing).not.toHaveBeenCalled();
});

it('starts again for a later description', () => {
  const cap = new GatheringCap(false, nothing);
  cap.begin();
  cap.candidate(host, ready);
  vi.advanceTimersByTime(50);
  const again = vi.fn();
  cap.begin();
  cap.candidate(host, again);
  vi.advanceTimersByTime(50);
  expect(ready).toHaveBeenCalledTimes(1);
  expect(again).toHaveBeenCalledTimes(1);
});
