/* Starts the app around the phone: its service worker, notifications of calls, shortcuts, and the
   reload of a page that was opened without a network. */
import { LOG_IN_NOTICE, proxyLogIn } from '../../shared/proxy-log-in';
import { readStored, writeStored } from '../../shared/storage';
import type { Commands } from '../model/commands';
import type { Notice } from '../model/notice';
import type { PhoneState } from '../model/state';
import { load } from '../../shared/loading';
import { listenForShortcuts } from '../ui/shortcuts';
import { reloadWhenServerAnswers } from '../continuity/auto-reload';
import { askPermission, permission } from './permission';
import { registerWorker } from './registration';

const OFFERED_KEY = 'sipapp.notifications.offered';

export type AppPhone = Pick<Commands, 'answer' | 'decline' | 'hangUp' | 'setMuted'> & {
  readonly state: PhoneState;
  /** The tab that plays the sound, if the tabs of this browser share the phone. */
  readonly place?: string;
  subscribe(observer: () => void): () => void;
};

export interface AppConfig {
  readonly serviceWorker: string;
  readonly offline: boolean;
}

export class AppShell {
  readonly #phone: AppPhone;
  readonly #offline: boolean;
  readonly #observers = new Set<() => void>();
  #attends = false;
  #offers = false;

  constructor(phone: AppPhone, { serviceWorker, offline }: AppConfig) {
    this.#phone = phone;
    this.#offline = offline;
    const registration = registerWorker(serviceWorker);
    listenForShortcuts();
    if (offline) {
      reloadWhenServerAnswers(() => phone.state.lines.length > 0);
    }
    const attend = (): void => {
      if (!this.#attends && phone.state.registration.state === 'registered') {
        this.#attends = true;
        void this.#startAfterRegistration(registration);
      }
    };
    phone.subscribe(attend);
    attend();
    this.#watchLogIn();
  }

  /** The notices below the bar. */
  get notices(): readonly Notice[] {
    return [
      ...(this.#offline ? [OFFLINE] : []),
      ...(proxyLogIn.isNeeded ? [LOG_IN_NOTICE] : []),
      // Not during a call, which needs the room.
      ...(this.#offers && this.#phone.state.lines.length === 0
        ? [
            {
              text: 'Calls that come in while you look at something else can be shown.',
              action: 'Allow notifications',
              press: () => void this.#ask(),
            },
          ]
        : []),
    ];
  }

  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** A proxy refuses a WebSocket without a reason that the phone could see; of the page it tells
      whether it asks for a log-in. */
  #watchLogIn(): void {
    let wasLost = false;
    this.#phone.subscribe(() => {
      const isLost = isConnectionLost(this.#phone.state);
      if (isLost && !wasLost) {
        void proxyLogIn.check();
      }
      wasLost = isLost;
    });
    proxyLogIn.subscribe(() => {
      this.#changed();
    });
    // The person has perhaps logged in on another tab.
    window.addEventListener('focus', () => {
      if (proxyLogIn.isNeeded) {
        void proxyLogIn.check();
      }
    });
  }

  /** None of this is needed before there can be calls. */
  async #startAfterRegistration(
    registration: Promise<ServiceWorkerRegistration | null>,
  ): Promise<void> {
    const [{ startMediaSession }, { CallNotifications }] = await Promise.all([
      load(() => import('./media-session')),
      load(() => import('./notifications')),
    ]);
    startMediaSession(this.#phone);
    const worker = await registration;
    if (worker !== null) {
      new CallNotifications(this.#phone, worker);
      this.#offer(permission() === 'default' && isFirst());
    }
  }

  async #ask(): Promise<void> {
    await askPermission();
    this.#offer(false);
  }

  #offer(offers: boolean): void {
    this.#offers = offers;
    this.#changed();
  }

  #changed(): void {
    for (const observer of this.#observers) {
      observer();
    }
  }
}

const OFFLINE: Notice = {
  text: 'The server cannot be reached. The page comes back by itself.',
  action: 'Try again',
  press: () => {
    window.location.reload();
  },
};

/** Whether the phone tries to reach the switch again, or has given up. */
function isConnectionLost({ registration, connected }: PhoneState): boolean {
  const isFirstTime = registration.state === 'registering' && !registration.again;
  return !connected && registration.state !== 'none' && !isFirstTime;
}

/** The offer is shown once; later the person finds notifications in the browser's settings of this
    page. Without storage it would be shown on every visit, so it is left out. */
function isFirst(): boolean {
  const isFirstTime = readStored(OFFERED_KEY) === null;
  return writeStored(OFFERED_KEY, '1') && isFirstTime;
}
