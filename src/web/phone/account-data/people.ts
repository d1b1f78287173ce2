/* History, contacts and directory of the registered extension, for the views. */
import { dialable } from '../model/numbers';
import type { DirectoryEntry } from './directory';
import type { PhoneServer } from './phone-server';
import type { Contacts } from './contacts';
import type { DeviceStore } from './device-store';
import type { History, PastCall } from './history';
import { Suggestions, type Suggestion } from './suggestions';

/** So many past calls, the newest, get names from the directory: no more than one request has. */
const MAX_NAMED = 50;
/** So many contacts are watched: no more than one request has, and a switch has subscriptions. */
const MAX_WATCHED = 50;

type Suggest = (typed: string) => readonly Suggestion[];

export class People {
  readonly history: History;
  readonly contacts: Contacts;
  /** Searches the server's directory for a typed text, unless all of it is loaded. */
  readonly searchDirectory: (typed: string) => void;
  /** A view shows presence, until it calls the returned function. */
  readonly showPresence: () => () => void;
  readonly #device: DeviceStore;
  readonly #server: PhoneServer;
  readonly #suggestions: Suggestions;
  #calls: readonly PastCall[] = [];
  #callsOf: readonly PastCall[] = [];
  #suggest: Suggest | null = null;
  #suggestedDirectory: readonly DirectoryEntry[] = [];

  constructor(device: DeviceStore, server: PhoneServer, address: string) {
    this.history = device.historyOf(address);
    this.contacts = device.contacts;
    this.#device = device;
    this.#server = server;
    this.searchDirectory = (typed) => {
      server.searchDirectory(typed);
    };
    this.showPresence = () => server.showPresence();
    this.#suggestions = new Suggestions(() => ({
      contacts: this.contacts.list,
      directory: server.directory,
      calls: this.history.calls,
    }));
  }

  /** Returns suggestions for a typed text. It is a new function when more extensions are loaded. */
  get suggest(): Suggest {
    if (this.#suggest === null || this.#suggestedDirectory !== this.directory) {
      this.#suggestedDirectory = this.directory;
      this.#suggest = (typed) => {
        this.searchDirectory(typed);
        return this.#suggestions.find(typed);
      };
    }
    return this.#suggest;
  }

  /** The history, with the names of those who have said none; the same array until that changes. */
  get calls(): readonly PastCall[] {
    const { calls } = this.history;
    const shown = calls.map((call, place) => {
      const { name, number } = call.remote;
      const known = name === '' && place < MAX_NAMED ? this.#server.nameOf(number) : '';
      return known === '' ? call : { ...call, remote: { name: known, number } };
    });
    const isSame =
      calls === this.#callsOf &&
      shown.every(({ remote }, place) => remote.name === this.#calls[place]?.remote.name);
    if (!isSame) {
      [this.#calls, this.#callsOf] = [shown, calls];
    }
    return this.#calls;
  }

  /** The extensions of the server that are known; empty where it has none for this phone. */
  get directory(): readonly DirectoryEntry[] {
    return this.#server.directory;
  }

  /** A text about storage that does not work; empty if it works. */
  get trouble(): string {
    return this.#device.trouble;
  }

  /** The extensions whose presence is watched: those among the contacts, favourites first. */
  get watched(): readonly string[] {
    const known = new Set(
      this.#server.isDirectoryComplete ? this.directory.map(({ extension }) => extension) : [],
    );
    // Without a complete directory a number of few digits counts as an extension.
    const isExtension = (number: string): boolean =>
      known.size > 0 ? known.has(number) : /^\d{2,6}$/.test(number);
    const numbers = this.contacts.list.map(({ number }) => dialable(number));
    return [...new Set(numbers.filter(isExtension))].slice(0, MAX_WATCHED);
  }

  /** Calls back after every change; returns the function to unsubscribe. */
  subscribe(observer: () => void): () => void {
    const unsubscribers = [
      this.history.subscribe(observer),
      this.contacts.subscribe(observer),
      this.#server.subscribe(observer),
      this.#device.subscribe(observer),
    ];
    return () => {
      for (const unsubscribe of unsubscribers) {
        unsubscribe();
      }
    };
  }
}
