/* The registration, and the agent that keeps it. */
import type { AgentFactory, AgentListener, SipAgent } from '../sip/edge';
import type { Account } from '../model/account';
import type { Registration } from '../model/state';
import type { Store } from '../lines/store';

/** What the rest of the model wants to hear of the agent. */
export type AgentNews = Pick<AgentListener, 'incoming' | 'voicemail' | 'presence'> & {
  /** The connection to the switch is gone. */
  lost(): void;
  /** Registered, for the first time or again. */
  registered(): void;
};

export class Registrar {
  readonly #agents: AgentFactory;
  readonly #store: Store;
  readonly #news: AgentNews;
  #agent: SipAgent | null = null;
  #watched: readonly string[] = [];

  constructor(agents: AgentFactory, store: Store, news: AgentNews) {
    this.#agents = agents;
    this.#store = store;
    this.#news = news;
  }

  get agent(): SipAgent | null {
    return this.#agent;
  }

  /** To be called after `leave`. */
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
      ...this.#news,
      connected: (connected) => {
        if (current()) {
          this.#store.set({ connected });
          if (!connected) {
            this.#news.lost();
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
          this.#news.registered();
        }
      },
      failed: (cause) => {
        show({ state: 'failed', extension, cause });
        this.retireIfIdle();
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

  leave(): void {
    const agent = this.#agent;
    this.#agent = null;
    agent?.stop();
    const unknown = this.#watched.map((one) => [one, 'unknown'] as const);
    this.#store.set({ connected: false, voicemail: null, presence: new Map(unknown) });
  }

  /** A refused registration ends the agent, but never under a call that is still up. */
  retireIfIdle(): void {
    const { registration, lines } = this.#store.state;
    if (registration.state === 'failed' && lines.length === 0) {
      const agent = this.#agent;
      this.#agent = null;
      agent?.stop();
    }
  }
}
