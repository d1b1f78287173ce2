/* The loaded extensions of the server: all of a small site; of a large one the first ones, and the
   results of searches. */
import { dialable } from '../model/numbers';
import { parseDirectory, isDirectoryComplete, type DirectoryEntry } from './directory';
import { parseObject, type Session } from './server-session';

const DEBOUNCE_MS = 200;
const MAX_SEARCH = 100;

export class ServerDirectory {
  readonly #session: Session;
  readonly #changed: () => void;
  readonly #searched = new Set<string>();
  #entries: readonly DirectoryEntry[] = [];
  #isComplete = true;
  #version = '';
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: Session, changed: () => void) {
    this.#session = session;
    this.#changed = changed;
  }

  /** A new array after every change. */
  get entries(): readonly DirectoryEntry[] {
    return this.#entries;
  }

  /** Whether these are all extensions of the server. */
  get isComplete(): boolean {
    return this.#isComplete;
  }

  async load(): Promise<void> {
    this.#searched.clear();
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
    const text = longestWord(dialable(typed)).slice(0, MAX_SEARCH);
    if (this.#isComplete || text === '' || this.#searched.has(text)) {
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#request(text);
    }, DEBOUNCE_MS);
  }

  reset(): void {
    clearTimeout(this.#timer);
    this.#version = '';
    this.#isComplete = true;
    this.#setEntries([]);
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
    this.#changed();
  }
}

/** The server searches for one part of a name or number; all words are compared here. */
function longestWord(text: string): string {
  return text
    .trim()
    .split(/\s+/)
    .reduce((longest, word) => (word.length > longest.length ? word : longest), '');
}
