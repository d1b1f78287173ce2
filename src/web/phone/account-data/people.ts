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

export class People {
  readonly history: History;
  readonly contacts: Contacts;
  readonly suggest: (typed: string) => readonly Suggestion[];
  readonly #device: DeviceStore;
  readonly #server: PhoneServer;

  constructor(device: DeviceStore, server: PhoneServer, address: string) {
    this.history = device.historyOf(address);
    this.contacts = device.contacts;
    this.#device = device;
    this.#server = server;
    const suggestions = new Suggestions(() => ({
      contacts: this.contacts.list,
      directory: server.directory,
      calls: this.history.calls,
    }));
    this.suggest = (typed) => suggestions.find(typed);
  }

  /** The extensions of the server; empty where it has none for this phone. */
  get directory(): readonly DirectoryEntry[] {
    return this.#server.directory;
  }

  /** Why nothing is kept for good, in words; empty if it is. */
  get trouble(): string {
    return this.#device.trouble;
  }

  /** The contacts whose doings are worth a look: extensions, favourites first. */
  get watched(): readonly string[] {
    const known = new Set(this.directory.map(({ extension }) => extension));
    // Without a directory a number of few digits is taken for an extension.
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
