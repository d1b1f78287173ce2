/* How a view asks for something: an event that carries the wish up to the one who can do it.
   Views between need not know of it. */
import type { Commands } from '../model/commands';
import type { EchoPhone } from '../precall/echo';
import type { Report } from '../quality/report';

export type Ask = (phone: Commands) => void;

/** What is around the phone, and loaded only when it is needed. */
export interface Neighbours {
  readonly phone: EchoPhone;
  /** What helps the sound through NAT, with credentials of now. */
  readonly iceServers: readonly RTCIceServer[];
  /** Sends a report to the administrator; whether it arrived. */
  report(report: Report): Promise<boolean>;
}

export type AskAround = (around: Neighbours) => void;

/** Fires `ask`, which bubbles. */
export function ask(from: Element, what: Ask): void {
  from.dispatchEvent(new CustomEvent<Ask>('ask', { detail: what, bubbles: true }));
}

/** Fires `ask-around`, which bubbles. */
export function askAround(from: Element, what: AskAround): void {
  from.dispatchEvent(new CustomEvent<AskAround>('ask-around', { detail: what, bubbles: true }));
}
