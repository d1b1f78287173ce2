/* The delay before a phone takes a call over that the other side may be taking over, too (glare):
   both are cut at once where a proxy is restarted or an office's line blinks. FreeSWITCH loses what
   both ask for in the same moment, and it ends the leg of who holds, if that is not connected, as
   soon as the other side is taken over: it asks that leg to go on (re-INVITE, 503). So who holds
   goes first, then the caller, then who was called. */
import type { Line } from '../model/state';

/** What has happened to a call: `cut`, and others may be, too; `alone`, which needs its sound back:
    it is in another network, say. */
export type TakeoverReason = 'cut' | 'alone' | 'page loaded again';

type Delays = readonly [caller: number, called: number];

/** In ms. Of two that are cut one may need a second more to connect; their sound goes on. */
const DELAYS_MS: Readonly<Record<TakeoverReason, Delays>> = {
  cut: [1_500, 3_000],
  alone: [0, 500],
  'page loaded again': [300, 600],
};

/** Of who seems to be held by the other side, in ms: nothing is to be heard anyway. */
const HELD_DELAY_MS = 3_000;

/** Milliseconds.
    @param isHeld Whether the other side seems to hold: FreeSWITCH does not tell. */
export function takeoverDelayMs(line: Line, reason: TakeoverReason, isHeld: boolean): number {
  if (line.hold === 'held' || line.hold === 'holding') {
    return 0;
  }
  const [caller, called] = DELAYS_MS[reason];
  return Math.max(line.direction === 'out' ? caller : called, isHeld ? HELD_DELAY_MS : 0);
}
