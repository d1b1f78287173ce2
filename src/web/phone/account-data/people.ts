/* History, contacts and directory of the extension that is registered, for the views. */
import { dialable } from '../model/numbers';
import type { DirectoryEntry } from './directory';
import type { PhoneServer } from './phone-server';
import type { Contacts } from './contacts';
import type { DeviceStore } from './device-store';
import type { History } from './history';
import { Suggestions, type Suggestion } from './suggestions';

/** So many contacts are watched: each costs the switch a subscription. */
const MAX_WATCHED = 50;

type Suggest = (typed: string) => readonly Suggestion[];

export class People {
  readonly history: History;
  readonly contacts: Contacts;
  /** Looks for whom a text may mean in the server's directory, if not all of it is known. */
  readonly searchDirectory: (typed: string) => void;
  readonly #device: DeviceStore;
  readonly #server: PhoneServer;
  readonly #suggestions: Suggestions;
  #suggest: Suggest | null = null;
  #suggestsFrom: readonly DirectoryEntry[] = [];

  constructor(device: DeviceStore, server: PhoneServer, address: string) {
    this.history = device.historyOf(address);
    this.contacts = device.contacts;
    this.#device = device;
    this.#server = server;
    this.searchDirectory = (typed) => {
      server.searchDirectory(typed);
    };
    this.#suggestions = new Suggestions(() => ({
      contacts: this.contacts.list,
      directory: server.directory,
      calls: this.history.calls,
    }));
  }

  /** Finds whom a text may mean. It is another function when more extensions are known. */
  get suggest(): Suggest {
    if (this.#suggest === null || this.#suggestsFrom !== this.directory) {
      this.#suggestsFrom = this.directory;
      this.#suggest = (typed) => {
        this.searchDirectory(typed);
        return this.#suggestions.find(typed);
      };
    }
    return this.#suggest;
  }

  /** The extensions of the server that are known; empty where it has none for this phone. */
  get directory(): readonly DirectoryEntry[] {
    return this.#server.directory;
  }

  /** Why nothing is kept for good, in words; empty if it is. */
  get trouble(): string {
    return this.#device.trouble;
  }

  /** The contacts whose doings are worth a look: extensions, favourites first. */
  get watched(): readonly string[] {
    const known = new Set(
      this.#server.knowsAll ? this.directory.map(({ extension }) => extension) : [],
    );
    // Without a whole directory a number of few digits is taken for an extension.
    const isExtension = (number: string): boolean =>
      known.size > 0 ? known.has(number) : /^\d{2,6}$/.test(number);
    const numbers = this.contacts.list.map(({ number }) => dialable(number));
    return [...new Set(numbers.filter(isExtension))].slice(0, MAX_WATCHED);
  }

  /** Calls back after every change; the result ends that. */
  subscribe(observer: () => void): () => void {
    const endings = [
      this.history.subscribe(observer),
      this.contacts.subscribe(observer),
      this.#server.subscribe(observer),
      this.#device.subscribe(observer),
    ];
    return () => {
      for (const end of endings) {
        end();
      }
    };
  }
}
