import { beforeEach, expect, it, vi } from 'vitest';
import type { EndedCall } from '../model/state';
import { cause } from '../model/causes';
import { playFailedCallTone } from './failed-call-tone';

const busy: EndedCall = {
  direction: 'out',
  remote: { name: '', number: '1001' },
  outcome: { kind: 'failed', cause: cause('busy') },
  startedAt: 0,
  seconds: null,
  quality: null,
};

let lastEnded: EndedCall | null;
let place: string;
let tell: () => void;
const tones = { busy: vi.fn() };

const end = (part: Partial<EndedCall>): void => {
  lastEnded = { ...busy, ...part };
  tell();
};

beforeEach(() => {
  lastEnded = null;
  place = 'here';
  tones.busy.mockClear();
  const phone = {
    get state() {
      return { lastEnded };
    },
    get place() {
      return place;
    },
    subscribe: (observer: () => void) => {
      tell = observer;
      return () => undefined;
    },
  };
  playFailedCallTone(phone, tones);
});

it('a call that failed gives one busy tone', () => {
  end({});
  tell();
  expect(tones.busy).toHaveBeenCalledTimes(1);
});

it('an answered call, an incoming call and a call of another tab give no tone', () => {
  end({ outcome: { kind: 'normal' } });
  end({ seconds: 5 });
  end({ direction: 'in' });
  place = 'other-tab';
  end({});
  lastEnded = null;
  tell();
  expect(tones.busy).not.toHaveBeenCalled();
});
