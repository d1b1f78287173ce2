import { newLine } from '../lines/lines';
import type { EndedCall } from '../model/state';

/** An outgoing call that was just dialled. */
export const dialledLine = newLine(
  1,
  { direction: 'out', remote: { name: 'Ann', number: '1001' } },
  0,
);

/** An outgoing call that ended normally. */
export const endedCall: EndedCall = {
  direction: 'out',
  remote: { name: '', number: '1001' },
  outcome: { kind: 'normal' },
  startedAt: 0,
  seconds: null,
  quality: null,
};
