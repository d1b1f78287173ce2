import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Line, PhoneState } from '../model/state';
import { settle } from '../testing/fake-media';
import { startMediaSession } from './media-session';

let log: string[];
let state: PhoneState;
let tell: () => void;
let handlers: Map<string, (() => void) | null>;
let hidden: boolean;

function show(line: Partial<Line> | null): void {
  const lines = line === null ? [] : [{ id: 3, state: 'active', muted: false, ...line } as Line];
  state = { lines, openLine: lines[0]?.id ?? null } as unknown as PhoneState;
  tell();
}

beforeEach(() => {
  log = [];
  handlers = new Map();
  hidden = false;
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
  vi.stubGlobal('navigator', {
    mediaSession: {
      setActionHandler: (name: string, handler: (() => void) | null) => handlers.set(name, handler),
      setMicrophoneActive: (on: boolean) => log.push(`microphone ${on}`),
    },
    wakeLock: {
      request: (kind: string) => {
        log.push(`keep ${kind}`);
        return Promise.resolve({ release: () => log.push('release') });
      },
    },
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function attend(): void {
  startMediaSession({
    get state() {
      return state;
    },
    subscribe: (observer) => {
      tell = observer;
      return () => undefined;
    },
    hangUp: (id) => log.push(`hang up ${id}`),
    setMuted: (id, muted) => log.push(`muted ${id} ${muted}`),
  });
}

it('keeps the screen on during a call, also after the page was hidden', async () => {
  attend();
  show({ state: 'ringing' });
  expect(log).not.toContain('keep screen');
  show({});
  show({});
  hidden = true;
  document.dispatchEvent(new Event('visibilitychange'));
  hidden = false;
  document.dispatchEvent(new Event('visibilitychange'));
  expect(log.filter((entry) => entry === 'keep screen')).toHaveLength(2);
  show(null);
  await settle();
  expect(log).toContain('release');
});

it('lets the system’s media keys mute and hang up while a call is up', () => {
  attend();
  show({ muted: true });
  expect(log).toContain('microphone false');
  handlers.get('togglemicrophone')?.();
  handlers.get('hangup')?.();
  expect(log.slice(-2)).toEqual(['muted 3 false', 'hang up 3']);
  show(null);
  expect([...handlers.values()]).toEqual([null, null]);
});

it('tells the system with whom the call is', () => {
  vi.stubGlobal(
    'MediaMetadata',
    class {
      readonly title: string;
      constructor({ title }: { title: string }) {
        this.title = title;
      }
    },
  );
  const { mediaSession } = navigator;
  attend();
  show({ conference: null, remote: { name: 'Ann', number: '1001' } });
  const before = mediaSession.metadata;
  expect(before?.title).toBe('Ann');
  show({ conference: null, muted: true, remote: { name: 'Ann', number: '1001' } });
  expect(mediaSession.metadata).toBe(before);
  show({ conference: null, remote: { name: '', number: '1003' } });
  expect(mediaSession.metadata?.title).toBe('1003');
  show(null);
  expect(mediaSession.metadata).toBeNull();
});

it('ignores features that the browser lacks or refuses', async () => {
  vi.stubGlobal('navigator', {
    mediaSession: {
      setMicrophoneActive: () => undefined,
      setActionHandler: () => {
        throw new TypeError('no such action');
      },
    },
    wakeLock: { request: () => Promise.reject(new DOMException('', 'NotAllowedError')) },
  });
  attend();
  show({});
  show(null);
  vi.stubGlobal('navigator', {});
  show({});
  await settle();
  expect(log).toEqual([]);
});
