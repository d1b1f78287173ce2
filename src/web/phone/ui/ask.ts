/* Requests of a view: an event bubbles up to the element that handles it, without help from the
   views between. */
import type { Commands } from '../model/commands';
import type { EchoPhone } from '../precall/echo';
import type { PhoneReport } from '../quality/report';

export type PhoneRequest = (phone: Commands) => void;

/** The account services as views use them, loaded when first needed. */
export interface ViewServices {
  readonly phone: EchoPhone;
  /** STUN and TURN servers, with fresh credentials. */
  readonly iceServers: readonly RTCIceServer[];
  /** Sends a report to the administrator; returns whether it arrived. */
  report(report: PhoneReport): Promise<boolean>;
}

export type ServicesRequest = (services: ViewServices) => void;

/** Fires `ask`, which bubbles. */
export function ask(from: Element, what: PhoneRequest): void {
  from.dispatchEvent(new CustomEvent<PhoneRequest>('ask', { detail: what, bubbles: true }));
}

/** Fires `ask-around`, which bubbles. */
export function askServices(from: Element, what: ServicesRequest): void {
  from.dispatchEvent(
    new CustomEvent<ServicesRequest>('ask-around', { detail: what, bubbles: true }),
  );
}
