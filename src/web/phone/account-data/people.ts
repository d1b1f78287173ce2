/* History, contacts and directory of the registered extension, for the views. */
import { otherSide } from './remote-names';
import { cleanedNumber, withoutCountry, type DialPlan } from '../model/numbers/dial-plan';
import type { Dial } from '../model/numbers/dialled';
import type { DirectoryEntry } from './directory';
import type { PhoneServer } from './phone-server';
import type { Contact, Contacts } from './contacts';
import type { DeviceStore } from './device-store';
import type { History, PastCall } from './history';
import { Suggestions, type Sources, type Suggestion } from './suggestions';

/** So many past calls, the newest, get names from the directory: no more than one request has. */
const MAX_NAMED = 50;
/** So many contacts are watched: no more than one request has, and a switch has subscriptions. */
const MAX_WATCHED = 50;

interface NamedCalls {
  readonly calls: readonly PastCall[];
  readonly list: readonly Contact[];
  readonly named: readonly PastCall[];
}

type Suggest = (typed: string) => readonly Suggestion[];

export class People {
  readonly history: History;
  readonly contacts: Contacts;
  /** Searches the server's directory for a typed text, unless all of it is loaded. */
  readonly searchDirectory: (typed: string) => void;
  /** A view shows presence, until it calls the returned function. */
  readonly showPresence: () => () => void;
  /** What is dialled for a text. */
  readonly dialled: Dial;
  readonly #device: DeviceStore;
  readonly #server: PhoneServer;
  readonly #suggestions: Suggestions;
  readonly #extension: string;
  #directory: readonly DirectoryEntry[] = [];
  #directoryOf: readonly DirectoryEntry[] = [];
  #namedCalls: NamedCalls = { calls: [], list: [], named: [] };
  #calls: readonly PastCall[] = [];
  #callsOf: readonly PastCall[] = [];
  #suggest: Suggest | null = null;
  #suggestedDirectory: readonly DirectoryEntry[] = [];

  constructor(
    device: DeviceStore,
    server: PhoneServer,
    address: string,
    plan: DialPlan = withoutCountry,
  ) {
    this.history = device.historyOf(address);
    this.contacts = device.contacts;
    this.dialled = plan.dialled;
    this.#device = device;
    this.#server = server;
    this.#extension = address.slice(0, address.lastIndexOf('@'));
    this.searchDirectory = (typed) => {
      server.searchDirectory(typed);
    };
    this.showPresence = () => server.showPresence();
    const sources = (): Sources => ({
      contacts: this.contacts.list,
      directory: this.directory,
      calls: this.calls,
    });
    this.#suggestions = new Suggestions(sources, plan);
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

  /** The history, with names from the contacts, and from the directory for those who have said none;
      the same array until that changes. */
  get calls(): readonly PastCall[] {
    const known = this.#callsWithContacts;
    const shown = known.map((call, place) => {
      const { name, number } = call.remote;
      const found = name === '' && place < MAX_NAMED ? this.#server.nameOf(number) : '';
      return found === '' ? call : { ...call, remote: { name: found, number } };
    });
    const isSame =
      known === this.#callsOf &&
      shown.every(({ remote }, place) => remote.name === this.#calls[place]?.remote.name);
    if (!isSame) {
      [this.#calls, this.#callsOf] = [shown, known];
    }
    return this.#calls;
  }

  /** The history with the names of contacts; the same array until one of both changes. Earlier versions
      kept withheld numbers as the switch had sent them. */
  get #callsWithContacts(): readonly PastCall[] {
    const { calls } = this.history;
    const { list } = this.contacts;
    if (calls !== this.#namedCalls.calls || list !== this.#namedCalls.list) {
      const named = calls.map((call) => {
        const remote = otherSide(call);
        const name = this.contacts.byNumber(remote.number)?.name ?? remote.name;
        return { ...call, remote: { ...remote, name } };
      });
      this.#namedCalls = { calls, list, named };
    }
    return this.#namedCalls.named;
  }

  /** The other extensions of the server that are known; empty where it has none for this phone. The
      same array until that changes. */
  get directory(): readonly DirectoryEntry[] {
    const { directory } = this.#server;
    if (directory !== this.#directoryOf) {
      this.#directoryOf = directory;
      this.#directory = directory.filter(({ extension }) => extension !== this.#extension);
    }
    return this.#directory;
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
    const numbers = this.contacts.list.map(({ number }) => cleanedNumber(number));
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
