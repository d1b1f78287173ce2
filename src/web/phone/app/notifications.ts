/* Notifications for calls that ring while the page is hidden, with Answer and Decline. */
import type { Commands } from '../model/commands';
import { isRinging, type Line, type PhoneState } from '../model/state';
import { calledName, shownNumber } from '../ui/texts';
import { permission } from './permission';
import type { Chosen, Quiet, Ring } from './worker/messages';

type Phone = Pick<Commands, 'answer' | 'decline'> & {
  readonly state: PhoneState;
  readonly place?: string;
  subscribe(observer: () => void): () => void;
};

export class CallNotifications {
  readonly #phone: Phone;
  readonly #registration: ServiceWorkerRegistration;
  /** The lines that are shown, by the tag of their notification. */
  readonly #shown = new Map<string, Line>();
  /** Distinguishes the calls of this page from those of another tab, or of this page before a
      reload. */
  readonly #page = crypto.getRandomValues(new Uint32Array(2)).join('');

  constructor(phone: Phone, registration: ServiceWorkerRegistration) {
    this.#phone = phone;
    this.#registration = registration;
    phone.subscribe(this.#update);
    document.addEventListener('visibilitychange', this.#update);
    window.addEventListener('focus', this.#update);
    window.addEventListener('blur', this.#update);
    window.addEventListener('pagehide', this.#closeAll);
    navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<Chosen>) => {
      this.#chosen(data);
    });
    // A call may have come in before the worker was ready.
    this.#update();
  }

  readonly #update = (): void => {
    const ringing = this.#isWanted() ? this.#phone.state.lines.filter(isRinging) : [];
    const tags = new Map(ringing.map((line) => [`${this.#page}-${line.id}`, line]));
    for (const tag of this.#shown.keys()) {
      if (!tags.has(tag)) {
        this.#close(tag);
      }
    }
    for (const [tag, line] of tags) {
      // A notification with the same tag takes the place of the one before.
      const shown = this.#shown.get(tag);
      if (shown === undefined || calledName(shown.remote) !== calledName(line.remote)) {
        this.#ring(tag, line);
      }
    }
  };

  /** Of several tabs, only the one that rings shows notifications. */
  #isWanted(): boolean {
    return isOutOfSight() && this.#phone.place !== 'other-tab';
  }

  readonly #closeAll = (): void => {
    for (const tag of this.#shown.keys()) {
      this.#close(tag);
    }
  };

  #ring(tag: string, line: Line): void {
    const { remote } = line;
    if (permission() === 'granted') {
      this.#shown.set(tag, line);
      const title = calledName(remote);
      const body =
        remote.name === '' ? 'Incoming call' : `Incoming call from ${shownNumber(remote)}`;
      this.#post({ kind: 'ring', tag, title, body });
    }
  }

  #close(tag: string): void {
    this.#shown.delete(tag);
    this.#post({ kind: 'quiet', tag });
  }

  #post(message: Ring | Quiet): void {
    this.#registration.active?.postMessage(message);
  }

  #chosen({ tag, action }: Chosen): void {
    const id = this.#shown.get(tag)?.id;
    if (id !== undefined) {
      this.#shown.delete(tag);
      if (action === 'answer') {
        this.#phone.answer(id);
      } else if (action === 'decline') {
        this.#phone.decline(id);
      }
    }
  }
}

/** Whether the page is in another tab, minimised, or behind another window. */
function isOutOfSight(): boolean {
  return document.hidden || !document.hasFocus();
}
