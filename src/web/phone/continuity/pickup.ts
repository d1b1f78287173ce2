/* Pick-up of a call that rang when its page was closed: FreeSWITCH goes on ringing there, and a
   pick-up number (`**1000` on vanilla) brings the caller here. */
import { nameInSentence, withoutPlaceholders } from '../account-data/remote-names';
import type { Commands } from '../model/commands';
import type { PhoneState } from '../model/state';
import type { Notice } from '../model/notice';
import type { RingingCall } from './call-handover';

/** Limit of the ringing time, in ms: vanilla gives up after 30 s, others later. */
const MAX_RINGING_MS = 60_000;

export interface PickupPhone extends Pick<Commands, 'call'> {
  readonly state: Pick<PhoneState, 'lines' | 'registration'>;
  subscribe(observer: () => void): () => void;
}

export class PickupOffer {
  readonly #prefix: string;
  readonly #phone: PickupPhone;
  readonly #changed: () => void;
  #number = '';
  #ringing: RingingCall | null = null;
  #timer: number | undefined;

  /** @param prefix Dialled before the extension whose call is picked up; empty for no pick-up. */
  constructor(prefix: string, phone: PickupPhone, changed: () => void) {
    this.#prefix = prefix;
    this.#phone = phone;
    this.#changed = changed;
    phone.subscribe(() => {
      // The call was picked up, or another one came in.
      if (this.#ringing !== null && phone.state.lines.length > 0) {
        this.#show(null);
      }
    });
  }

  get notices(): readonly Notice[] {
    const { registration, lines } = this.#phone.state;
    if (this.#ringing === null || registration.state !== 'registered' || lines.length > 0) {
      return [];
    }
    const caller = nameInSentence(withoutPlaceholders(this.#ringing.remote));
    return [
      {
        text: `A call from ${caller} was ringing here.`,
        action: 'Pick up',
        press: () => {
          this.#phone.call(this.#number);
        },
      },
    ];
  }

  /** Offers the call that rang for an extension when its page was closed. */
  offer(extension: string, ringing: readonly RingingCall[]): void {
    const latest = ringing.at(-1);
    const left = latest === undefined ? 0 : latest.startedAt + MAX_RINGING_MS - Date.now();
    if (this.#prefix !== '' && latest !== undefined && left > 0) {
      this.#number = `${this.#prefix}${extension}`;
      this.#show(latest);
      this.#timer = window.setTimeout(() => {
        this.#show(null);
      }, left);
    }
  }

  #show(ringing: RingingCall | null): void {
    window.clearTimeout(this.#timer);
    this.#ringing = ringing;
    this.#changed();
  }
}
