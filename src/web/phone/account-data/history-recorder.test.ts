import { expect, it } from 'vitest';
import type { EndedCall, Line } from '../model/state';
import { cause } from '../model/causes';
import { fakeLine } from '../testing/fake-phone';
import type { NewCall } from './history';
import { recordCalls } from './history-recorder';

const quality = { mos: 4.2, loss: 0, jitter: 3, roundTrip: 20, codec: 'opus', bitrate: 32_000 };

function line(id: number, part: Partial<Line> = {}): Line {
  return fakeLine(id, { direction: 'out', state: 'active', ...part });
}

function ended(id: number, part: Partial<EndedCall> = {}): EndedCall {
  const { direction, remote, startedAt } = line(id);
  return {
    direction,
    remote,
    startedAt,
    outcome: { kind: 'normal' },
    seconds: null,
    quality: null,
    ...part,
  };
}

/** A phone whose states are given one after the other. */
function recorded(): { calls: NewCall[]; show: (lines: Line[], lastEnded?: EndedCall) => void } {
  const calls: NewCall[] = [];
  let observer = (): void => undefined;
  const phone = {
    state: { lines: [] as readonly Line[], lastEnded: null as EndedCall | null },
    subscribe: (given: () => void) => {
      observer = given;
      return () => undefined;
    },
  };
  recordCalls(
    phone,
    (call) => {
      calls.push(call);
    },
    () => 10_000,
  );
  const show = (lines: Line[], lastEnded: EndedCall | null = null): void => {
    phone.state = { lines, lastEnded };
    observer();
  };
  return { calls, show };
}

it('records each call when it has ended, with its outcome', () => {
  const { calls, show } = recorded();
  show([line(1)]);
  show([line(1, { answeredAt: 2_000 }), line(2)]);
  expect(calls).toEqual([]);

  const busy = { kind: 'failed', cause: cause('busy') } as const;
  show([line(1, { answeredAt: 2_000 })], ended(2, { outcome: busy }));
  show([], ended(1, { seconds: 8, quality }));

  expect(calls).toEqual([
    {
      direction: 'out',
      remote: { name: '', number: '1002' },
      startedAt: 2_000,
      outcome: 'failed',
      cause: 'Busy',
      seconds: null,
      quality: null,
      faults: [],
    },
    {
      direction: 'out',
      remote: { name: '', number: '1001' },
      startedAt: 1_000,
      outcome: 'normal',
      cause: '',
      seconds: 8,
      quality,
      faults: [],
    },
  ]);
});

it('records each audio fault once, with the repair that helped', () => {
  const { calls, show } = recorded();
  const at = { at: 1_000, remedy: '', severity: 'fault', state: 'over' } as const;
  const findings = [
    { ...at, code: 'a', fault: 'Nothing is sent', text: 'Well again', steps: [] },
    {
      ...at,
      code: 'a',
      fault: 'Nothing is sent',
      text: 'Well again',
      steps: [
        { name: 'Attaching', result: 'vain' },
        { name: 'Taking', result: 'helped' },
      ],
    },
    { ...at, code: 'b', fault: 'Nothing arrives', text: 'Nothing arrives', steps: [] },
  ] as const;
  show([line(1, { findings })]);
  show([], ended(1));
  expect(calls[0]?.faults).toEqual([
    { text: 'Nothing is sent', helped: 'Taking' },
    { text: 'Nothing arrives', helped: '' },
  ]);
});

it('records calls that unregistering ends', () => {
  const { calls, show } = recorded();
  show([line(1, { answeredAt: 3_500, quality: [quality] }), line(2)]);
  show([]);
  expect(calls).toMatchObject([
    { remote: { number: '1001' }, outcome: 'normal', seconds: 6, quality },
    { remote: { number: '1002' }, outcome: 'normal', seconds: null, quality: null },
  ]);
});

it('records a call that was rejected without ringing, once', () => {
  const { calls, show } = recorded();
  const turnedAway = ended(1, { direction: 'in', outcome: { kind: 'missed' } });
  show([], turnedAway);
  show([line(2)], turnedAway);
  expect(calls).toMatchObject([{ direction: 'in', remote: { number: '1001' }, outcome: 'missed' }]);
});

it('records who it was at the end, and who it was at first', () => {
  const { calls, show } = recorded();
  const parties = {
    remote: { name: 'Carol', number: '1003' },
    original: { name: '', number: '**1002' },
  };
  show([line(1, parties)]);
  show([], ended(1, parties));
  expect(calls).toMatchObject([parties]);
  // The phone was unregistered during the call.
  show([line(2, parties)]);
  show([]);
  expect(calls[1]).toMatchObject(parties);
});
