/* All that the phone keeps on this device. */
import { removeStored } from '../../shared/storage';
import { Collection, shelfOf, type Change, type Exchange, type Kept } from './collection';
import { Contacts, type Contact } from './contacts';
import { openDatabase, wipe } from './database';
import { History, type PastCall } from './history';
import { CredentialVault } from './credential-vault';

/** Everything that sipapp writes into localStorage and sessionStorage begins with it. */
const PREFIX = 'sipapp.';

export class DeviceStore {
  readonly contacts: Contacts;
  readonly vault: CredentialVault;
  /** Done when what was kept has been read. */
  readonly ready: Promise<unknown>;
  readonly #opening = openDatabase();
  readonly #channel = new BroadcastChannel('sipapp.device');
  readonly #observers = new Set<() => void>();
  readonly #calls: Collection<PastCall>;
  readonly #people: Collection<Contact>;
  #trouble = '';

  constructor() {
    const fault = (): void => {
      this.#fault();
    };
    this.#calls = new Collection(
      shelfOf(this.#opening, 'calls', fault),
      exchange<PastCall>(this.#channel, 'calls'),
    );
    this.#people = new Collection(
      shelfOf(this.#opening, 'contacts', fault),
      exchange<Contact>(this.#channel, 'contacts'),
    );
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (data.name === 'forget') {
        removeStored(PREFIX, 'sessionStorage');
      }
    });
    this.contacts = new Contacts(this.#people);
    this.vault = new CredentialVault(this.#opening);
    this.ready = Promise.all([this.#calls.ready, this.#people.ready]);
    void this.#opening.then((database) => {
      if (database === null) {
        fault();
      }
    });
  }

  /** Why things last only as long as the page, in words; empty if they are kept. */
  get trouble(): string {
    return this.#trouble;
  }

  /** The calls of an account, `1000@pbx.example.org`. */
  historyOf(account: string): History {
    return new History(this.#calls, account);
  }

  /** Calls back when `trouble` changes; the result ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Takes away all that the phone keeps, in every tab. */
  async forget(): Promise<void> {
    this.#calls.clear();
    this.#people.clear();
    this.#channel.postMessage({ name: 'forget' } satisfies Message);
    removeStored(PREFIX, 'localStorage');
    removeStored(PREFIX, 'sessionStorage');
    const database = await this.#opening;
    if (database !== null) {
      await wipe(database);
    }
  }

  async close(): Promise<void> {
    this.#channel.close();
    (await this.#opening)?.close();
  }

  #fault(): void {
    if (this.#trouble !== '') {
      return;
    }
    this.#trouble =
      'This browser keeps nothing for this page at the moment (a private window, or no space ' +
      'left): history and contacts last until the page is closed.';
    for (const observer of this.#observers) {
      observer();
    }
  }
}

type Message =
  | { readonly name: 'calls' | 'contacts'; readonly change: Change<Kept> }
  /** What only the other tabs themselves can empty. */
  | { readonly name: 'forget' };

/* One channel for all collections: pages of the same origin and nobody else are on it. */
function exchange<Item extends Kept>(
  channel: BroadcastChannel,
  name: 'calls' | 'contacts',
): Exchange<Item> {
  return {
    tell(change) {
      channel.postMessage({ name, change } satisfies Message);
    },
    hear(heard) {
      channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
        if (data.name === name) {
          heard(data.change as Change<Item>);
        }
      });
    },
  };
}
