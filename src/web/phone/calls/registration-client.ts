/* The registration, and the agent that maintains it. */
import type { AgentFactory, AgentListener, SipAgent } from '../sip/edge';
import type { Account } from '../model/account';
import type { Registration } from '../model/state';
import type { Store } from '../lines/store';

/** Events of the agent for the rest of the model. */
export type AgentEvents = Pick<AgentListener, 'incoming' | 'voicemail' | 'presence'> & {
  /** The connection to the switch is lost. */
  onConnectionLost(): void;
  /** Registered, for the first time or again. */
  onRegistered(): void;
};

export class RegistrationClient {
  readonly #agents: AgentFactory;
  readonly #store: Store;
  readonly #events: AgentEvents;
  #agent: SipAgent | null = null;
  #watched: readonly string[] = [];

  constructor(agents: AgentFactory, store: Store, events: AgentEvents) {
    this.#agents = agents;
    this.#store = store;
    this.#events = events;
  }

  get agent(): SipAgent | null {
    return this.#agent;
  }

  /** Replaces the agent; to be called after `leave`. */
  register(account: Account): void {
    const extension = account.extension;
    let again = false;
    const current = (): boolean => this.#agent === agent;
    const show = (registration: Registration): void => {
      if (current()) {
        this.#store.set({ registration });
      }
    };
    const agent = this.#agents(account, {
      ...this.#events,
      connected: (connected) => {
        if (current()) {
          this.#store.set({ connected });
          if (!connected) {
            this.#events.onConnectionLost();
          }
        }
      },
      registering: () => {
        show({ state: 'registering', extension, again });
      },
      registered: () => {
        again = true;
        show({ state: 'registered', extension });
        if (current()) {
          this.#events.onRegistered();
        }
      },
      failed: (cause) => {
        show({ state: 'failed', extension, cause });
        this.stopIfIdle();
      },
    });
    this.#agent = agent;
    this.#store.set({ lastEnded: null });
    agent.start();
    agent.watch(this.#watched);
  }

  watch(extensions: readonly string[]): void {
    this.#watched = extensions;
    const { presence } = this.#store.state;
    this.#store.set({
      presence: new Map(extensions.map((one) => [one, presence.get(one) ?? 'unknown'])),
    });
    this.#agent?.watch(extensions);
  }

  stop(): void {
    const agent = this.#agent;
    this.#agent = null;
    agent?.stop();
    const unknown = this.#watched.map((one) => [one, 'unknown'] as const);
    this.#store.set({ connected: false, voicemail: null, presence: new Map(unknown) });
  }

  /** A refused registration ends the agent, but only after the last call. */
  stopIfIdle(): void {
    const { registration, lines } = this.#store.state;
    if (registration.state === 'failed' && lines.length === 0) {
      const agent = this.#agent;
      this.#agent = null;
      agent?.stop();
    }
  }
}
