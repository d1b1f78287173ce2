/* SIP subscriptions: two for each watched extension (see `presence`), and one for waiting voice
   messages. */
import type { UA } from 'jssip';
import type { Subscriber } from 'jssip/lib/Subscriber';
import type { Presence } from '../model/state';
import {
  availabilityOf,
  engagementOf,
  presenceOf,
  type Availability,
  type Engagement,
} from './presence';

const EXPIRES_S = 300;
/** Delay before a subscription that the switch ended or refused is retried. */
const RETRY_DELAY_MS = 60_000;

interface Subscribing {
  subscribe(
    target: string,
    event: string,
    accept: string,
    options: { readonly expires: number },
  ): Subscriber;
}

interface PresenceWatch {
  availability: Availability;
  engagement: Engagement;
  readonly subscribers: Map<string, Subscriber>;
  timer: number | undefined;
}

export interface SubscriptionsDeps {
  readonly extension: string;
  readonly domain: string;
  presence(extension: string, presence: Presence): void;
  /** Receives an application/simple-message-summary. */
  messages(body: string): void;
}

export class Subscriptions {
  readonly #ua: Subscribing;
  readonly #deps: SubscriptionsDeps;
  readonly #watches = new Map<string, PresenceWatch>();
  #started = false;

  constructor(ua: UA, deps: SubscriptionsDeps) {
    this.#ua = ua;
    this.#deps = deps;
  }

  /** Subscribes to exactly these extensions. */
  set(extensions: readonly string[]): void {
    for (const [extension, watch] of this.#watches) {
      if (!extensions.includes(extension)) {
        this.#watches.delete(extension);
        end(watch);
      }
    }
    for (const extension of extensions) {
      if (!this.#watches.has(extension)) {
        const watch: PresenceWatch = {
          availability: 'unknown',
          engagement: 'unknown',
          subscribers: new Map(),
          timer: undefined,
        };
        this.#watches.set(extension, watch);
        this.#subscribe(extension, watch);
      }
    }
  }

  /** The phone is registered: from now on the switch accepts subscriptions. */
  start(): void {
    if (!this.#started) {
      this.#started = true;
      this.#askForMessages();
      for (const [extension, watch] of this.#watches) {
        this.#subscribe(extension, watch);
      }
    }
  }

  /** The connection is lost, and with it the NOTIFYs of its subscriptions. */
  onConnectionLost(): void {
    this.#started = false;
    for (const [extension, watch] of this.#watches) {
      forget(watch);
      watch.availability = 'unknown';
      watch.engagement = 'unknown';
      this.#deps.presence(extension, 'unknown');
    }
  }

  /** Asks for the message counts. FreeSWITCH sends them after a registration, but not within 30 s
      of the last one (sofia_reg.c:1243), as after a reload; later changes it sends by itself. */
  #askForMessages(): void {
    const accept = 'application/simple-message-summary';
    const subscriber = this.#to(this.#deps.extension, 'message-summary', accept);
    subscriber.once('notify', (_isFinal, _request, body) => {
      subscriber.terminate();
      this.#deps.messages(body ?? '');
    });
    subscriber.subscribe();
  }

  #to(extension: string, event: string, accept: string): Subscriber {
    const [user = '', domain = this.#deps.domain] = extension.split('@');
    // A plus sign stands for itself in a SIP URI (RFC 3261, section 25.1).
    const name = encodeURIComponent(user).replaceAll('%2B', '+');
    const target = `sip:${name}@${domain}`;
    return this.#ua.subscribe(target, event, accept, { expires: EXPIRES_S });
  }

  #subscribe(extension: string, watch: PresenceWatch): void {
    if (!this.#started || this.#watches.get(extension) !== watch) {
      return;
    }
    const tell = (): void => {
      this.#deps.presence(extension, presenceOf(watch.availability, watch.engagement));
    };
    this.#open(extension, watch, 'presence', 'application/pidf+xml', (body) => {
      watch.availability = availabilityOf(body);
      tell();
    });
    this.#open(extension, watch, 'dialog', 'application/dialog-info+xml', (body) => {
      watch.engagement = engagementOf(body);
      tell();
    });
  }

  #open(
    extension: string,
    watch: PresenceWatch,
    event: string,
    accept: string,
    heard: (body: string) => void,
  ): void {
    if (watch.subscribers.has(event)) {
      return;
    }
    const subscriber = this.#to(extension, event, accept);
    watch.subscribers.set(event, subscriber);
    subscriber.on('notify', (_isFinal, _request, body) => {
      if (watch.subscribers.get(event) === subscriber) {
        heard(body ?? '');
      }
    });
    subscriber.on('terminated', () => {
      if (watch.subscribers.get(event) === subscriber) {
        watch.subscribers.delete(event);
        window.clearTimeout(watch.timer);
        watch.timer = window.setTimeout(() => {
          this.#subscribe(extension, watch);
        }, RETRY_DELAY_MS);
      }
    });
    subscriber.subscribe();
  }
}

/** Unsubscribes. */
function end(watch: PresenceWatch): void {
  const subscribers = [...watch.subscribers.values()];
  forget(watch);
  for (const subscriber of subscribers) {
    subscriber.terminate();
  }
}

function forget(watch: PresenceWatch): void {
  window.clearTimeout(watch.timer);
  watch.subscribers.clear();
}
