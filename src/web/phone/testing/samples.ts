import { newLine } from '../lines/lines';
import type { EndedCall } from '../model/state';

/** A call out that was just dialled. */
export const dialledLine = newLine(
  1,
  { direction: 'out', remote: { name: 'Ann', number: '1001' } },
  0,
);

/** A call out that ended as nothing special. */
export const endedCall: EndedCall = {
  direction: 'out',
  remote: { name: '', number: '1001' },
  outcome: { kind: 'normal' },
  startedAt: 0,
  seconds: null,
  quality: null,
};
