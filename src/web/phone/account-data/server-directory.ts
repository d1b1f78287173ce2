/* The loaded extensions of the server: all of a small site; of a large one the first ones, and the
   results of searches. */
import { cleanedNumber } from '../model/numbers/dial-plan';
import { parseDirectory, isDirectoryComplete, type DirectoryEntry } from './directory';
import { parseObject, type Session } from './server-session';

const DEBOUNCE_MS = 200;
const MAX_SEARCH = 100;
/** So many numbers are looked up in one request. */
const MAX_NUMBERS = 50;
const MAX_NUMBER_LENGTH = 255;

export class ServerDirectory {
  readonly #session: Session;
  readonly #changed: () => void;
  readonly #searched = new Set<string>();
  /** By number; empty while it is looked up, and where it has none. */
  readonly #names = new Map<string, string>();
  readonly #wanted = new Set<string>();
  #entries: readonly DirectoryEntry[] = [];
  #extensions: ReadonlySet<string> = new Set();
  #isComplete = true;
  #version = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #namesTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, changed: () => void) {
    this.#session = session;
    this.#changed = changed;
  }

  /** A new array after every change. */
  get entries(): readonly DirectoryEntry[] {
    return this.#entries;
  }

  /** Whether a number is that of one of these extensions. */
  has(number: string): boolean {
    return this.#extensions.has(number);
  }

  /** Whether these are all extensions of the server. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  async load(): Promise<void> {
    this.#searched.clear();
    for (const [number, name] of this.#names) {
      if (name === '') {
        this.#names.delete(number);
      }
    }
    const headers = this.#version === '' ? {} : { 'If-None-Match': this.#version };
    const answer = await this.#session.request('/directory', { headers });
    const data = answer?.ok === true ? await parseObject(answer) : null;
    const entries = parseDirectory(data);
    if (entries !== null) {
      this.#version = answer?.headers.get('ETag') ?? '';
      this.#isComplete = isDirectoryComplete(data);
      this.#setEntries(entries);
    }
  }

  /** Searches for a typed text, unless all extensions are loaded. Debounced; each text only once. */
  search(typed: string): void {
    const text = longestWord(cleanedNumber(typed)).slice(0, MAX_SEARCH);
    if (this.#isComplete || text === '' || this.#searched.has(text)) {
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#request(text);
    }, DEBOUNCE_MS);
  }

  /** The name of a number; empty if it is not known. Then it is looked up soon, and once for each
      time that the directory is loaded, unless all are known. */
  nameOf(wanted: string): string {
    const known = this.#names.get(wanted);
    if (known === undefined && !this.#isComplete && isLookedUp(wanted)) {
      this.#names.set(wanted, '');
      this.#wanted.add(wanted);
      this.#namesTimer ??= setTimeout(() => {
        void this.#lookUp();
      }, DEBOUNCE_MS);
    }
    return known ?? '';
  }

  reset(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#namesTimer);
    this.#namesTimer = undefined;
    this.#names.clear();
    this.#wanted.clear();
    this.#version = '';
    this.#isComplete = true;
    this.#setEntries([]);
  }

  async #lookUp(): Promise<void> {
    this.#namesTimer = undefined;
    const numbers = [...this.#wanted].slice(0, MAX_NUMBERS);
    // Of more than a page of numbers those beyond it stay numbers.
    this.#wanted.clear();
    const body = { numbers };
    const answer = await this.#session.request('/directory/names', { method: 'POST', body });
    const found = answer?.ok === true ? parseDirectory(await parseObject(answer)) : null;
    const named = (found ?? []).filter(({ extension }) => this.#names.has(extension));
    if (named.length > 0) {
      this.#remember(named);
      this.#changed();
    }
  }

  #remember(entries: readonly DirectoryEntry[]): void {
    for (const { extension, name } of entries) {
      this.#names.set(extension, name);
    }
  }

  async #request(text: string): Promise<void> {
    this.#searched.add(text);
    const version = this.#version;
    const answer = await this.#session.request(`/directory?search=${encodeURIComponent(text)}`);
    const found = answer?.ok === true ? parseDirectory(await parseObject(answer)) : null;
    if (found === null) {
      // A failed search is repeated when the text is typed again.
      this.#searched.delete(text);
    } else if (!this.#isComplete && version === this.#version) {
      const all = new Map([...this.#entries, ...found].map((entry) => [entry.extension, entry]));
      this.#setEntries([...all.values()]);
    }
  }

  #setEntries(entries: readonly DirectoryEntry[]): void {
    this.#entries = entries;
    this.#extensions = new Set(entries.map(({ extension }) => extension));
    this.#remember(entries);
    this.#changed();
  }
}

function isLookedUp(number: string): boolean {
  return number !== '' && number.length <= MAX_NUMBER_LENGTH;
}

/** The server looks for one part of a name or number; the words are compared here. */
function longestWord(text: string): string {
  return text
    .trim()
    .split(/\s+/)
    .reduce((longest, word) => (word.length > longest.length ? word : longest), '');
}
