import type { PhoneState } from '../model/state';

interface Phone {
  readonly state: Pick<PhoneState, 'lastEnded'>;
  /** The tab that plays the sound, if the tabs of this browser share the phone. */
  readonly place?: string;
  subscribe(observer: () => void): () => void;
}

/** Plays a short busy tone when an outgoing call fails. */
export function playFailedCallTone(phone: Phone, tones: { busy(): void }): void {
  let last = phone.state.lastEnded;
  phone.subscribe(() => {
    const { lastEnded } = phone.state;
    if (lastEnded !== last) {
      last = lastEnded;
      const failed = lastEnded?.outcome.kind === 'failed' && lastEnded.seconds === null;
      if (failed && lastEnded.direction === 'out' && phone.place !== 'other-tab') {
        tones.busy();
      }
    }
  });
}
