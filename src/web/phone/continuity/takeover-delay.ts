/* The delay before a phone takes a call over that the other side may be taking over, too (glare):
   both connections break when a proxy restarts or an office's line drops. FreeSWITCH loses both
   requests if they arrive in the same moment, and it ends the leg of the side that holds, if that
   is not connected, as soon as the other side is taken over, because it sends that leg a re-INVITE
   (503). So the side that holds goes first, then the caller, then the called side. */
import type { Line } from '../model/state';

/** What has happened to a call: `cut`: its connection broke, perhaps also that of the other side;
    `alone`: only this side is affected, for example by a change of network, and needs its audio
    back. */
export type TakeoverReason = 'cut' | 'alone' | 'page loaded again';

type Delays = readonly [caller: number, called: number];

/** In ms. One of two sides may need a second longer to connect; the audio goes on. */
const DELAYS_MS: Readonly<Record<TakeoverReason, Delays>> = {
  cut: [1_500, 3_000],
  alone: [0, 500],
  'page loaded again': [300, 600],
};

/** Delay for a call that seems to be held by the other side, in ms: no audio is expected anyway. */
const HELD_DELAY_MS = 3_000;

/** The delay in milliseconds.
    @param isHeld Whether the other side seems to hold: FreeSWITCH does not signal that. */
export function takeoverDelayMs(line: Line, reason: TakeoverReason, isHeld: boolean): number {
  if (line.hold === 'held' || line.hold === 'holding') {
    return 0;
  }
  const [caller, called] = DELAYS_MS[reason];
  return Math.max(line.direction === 'out' ? caller : called, isHeld ? HELD_DELAY_MS : 0);
}
