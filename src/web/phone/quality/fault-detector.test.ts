import { describe, expect, it } from 'vitest';
import { FaultDetector, type DetectedFaults } from './fault-detector';
import type { Sample } from './sample';

/** Energies per second: of speech, of a quiet room, and of a muted track. */
const TALK = 0.05;
const ROOM = 1e-7;

interface Second {
  readonly sent?: number;
  readonly spoken?: number;
  readonly received?: number;
  readonly heard?: number;
  readonly concealed?: number;
  readonly muted?: boolean;
  readonly part?: Partial<Sample>;
}

/** Appends so many equal seconds to a call. */
class Call {
  readonly detector = new FaultDetector(0);
  #sample: Sample = {
    at: 0,
    path: 'open',
    track: 'live',
    playback: 'playing',
    sent: 0,
    spoken: 0,
    received: 0,
    heard: 0,
    played: 0,
    concealed: 0,
    route: 'host-host udp',
  };

  go(seconds: number, second: Second = {}): DetectedFaults {
    const { sent = 50, spoken = TALK, received = 50, heard = TALK, concealed = 0 } = second;
    let detected: DetectedFaults | undefined;
    for (let index = 0; index < seconds; index += 1) {
      const last = this.#sample;
      this.#sample = {
        ...last,
        at: last.at + 1000,
        sent: last.sent + sent,
        spoken: (last.spoken ?? 0) + spoken,
        received: last.received + received,
        heard: (last.heard ?? 0) + heard,
        played: last.played + 48_000,
        concealed: last.concealed + concealed,
        ...second.part,
      };
      detected = this.detector.add(this.#sample, second.muted === true);
    }
    if (detected === undefined) {
      throw new Error('no second');
    }
    return detected;
  }
}

it('finds no fault in a call that works', () => {
  const detected = new Call().go(30);
  expect(detected).toEqual({
    sending: 'sound',
    receiving: 'sound',
    playing: true,
    faults: [],
    certain: true,
  });
});

it('does not report a quiet person as a fault', () => {
  const detected = new Call().go(60, { spoken: ROOM, heard: ROOM });
  expect(detected).toMatchObject({ sending: 'quiet', receiving: 'quiet', faults: [] });
});

describe('a fault is detected within four seconds of the answer', () => {
  it.each<[string, Second]>([
    ['never-received', { received: 0, heard: 0 }],
    ['nothing-sent', { sent: 0, spoken: 0 }],
    ['microphone-silent', { spoken: 0 }],
    ['microphone-ended', { part: { track: 'ended' } }],
    ['microphone-muted', { part: { track: 'muted' } }],
    ['not-played', { part: { playback: 'stopped' } }],
    ['undecodable', { heard: 0, concealed: 48_000 }],
    ['no-way', { sent: 0, received: 0, part: { path: 'new' } }],
    ['way-broken', { sent: 0, received: 0, part: { path: 'broken' } }],
  ])('%s', (fault, second) => {
    expect(new Call().go(4, second).faults[0]).toBe(fault);
  });
});

it.each<[string, Second]>([
  ['nothing-received', { received: 0, heard: 0 }],
  ['nothing-sent', { sent: 0, spoken: 0 }],
])('detects in the middle of a call: %s, and its end', (fault, second) => {
  const call = new Call();
  call.go(10);
  expect(call.go(2, second).faults).toEqual([]);
  expect(call.go(2, second).faults).toEqual([fault]);
  expect(call.go(1).faults).toEqual([]);
});

it('waits longer for a microphone that had sound than for one that never had', () => {
  const call = new Call();
  call.go(5);
  expect(call.go(10, { spoken: 0 }).faults).toEqual([]);
  expect(call.go(6, { spoken: 0 }).faults).toEqual(['microphone-silent']);
});

it('reports a silent other side only if it was never heard', () => {
  expect(new Call().go(9, { heard: 0 }).faults).toEqual(['silence-received']);
  const call = new Call();
  call.go(3);
  expect(call.go(30, { heard: 0 })).toMatchObject({ receiving: 'silence', faults: [] });
});

it('reports no fault of the microphone while the person is muted', () => {
  const second = { spoken: 0, muted: true, part: { track: 'muted' } as const };
  expect(new Call().go(30, second)).toMatchObject({ sending: 'unknown', faults: [] });
});

it('reports no silence where the browser does not measure sound', () => {
  const part = { spoken: null, heard: null };
  expect(new Call().go(30, { part })).toMatchObject({ sending: 'unknown', faults: [] });
});

it('does not count the rest of a ringing tone as sound of the call', () => {
  const call = new Call();
  call.go(2);
  expect(call.go(3, { received: 0, heard: 0 }).faults).toEqual(['never-received']);
});

it('starts again after a hold', () => {
  const call = new Call();
  call.go(5);
  call.detector.restart(65_000);
  const part = { at: 66_000 };
  expect(call.go(1, { received: 0, part })).toMatchObject({ faults: [], certain: false });
});
