/* The extensions of the server, as far as they are known here: of a small site all; of a large one
   the first ones, and those that were found by what somebody has typed. */
import { dialable } from '../model/numbers';
import { directoryIn, isCompleteIn, type DirectoryEntry } from './directory';
import { recordIn, type Session } from './server-session';

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
    const answer = await this.#session.ask('/directory', { headers });
    const data = answer?.ok === true ? await recordIn(answer) : null;
    const entries = directoryIn(data);
    if (entries !== null) {
      this.#version = answer?.headers.get('ETag') ?? '';
      this.#isComplete = isCompleteIn(data);
      this.#show(entries);
    }
  }

  /** Looks for whom a text may mean, unless all are known: after a pause in typing, and once. */
  search(typed: string): void {
    const text = longestWord(dialable(typed)).slice(0, MAX_SEARCH);
    if (this.#isComplete || text === '' || this.#searched.has(text)) {
      return;
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#find(text);
    }, DEBOUNCE_MS);
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.#version = '';
    this.#isComplete = true;
    this.#show([]);
  }

  async #find(text: string): Promise<void> {
    this.#searched.add(text);
    const version = this.#version;
    const answer = await this.#session.ask(`/directory?search=${encodeURIComponent(text)}`);
    const found = answer?.ok === true ? directoryIn(await recordIn(answer)) : null;
    if (found === null) {
      // It is asked for again when somebody types it again.
      this.#searched.delete(text);
    } else if (!this.#isComplete && version === this.#version) {
      const all = new Map([...this.#entries, ...found].map((entry) => [entry.extension, entry]));
      this.#show([...all.values()]);
    }
  }

  #show(entries: readonly DirectoryEntry[]): void {
    this.#entries = entries;
    this.#changed();
  }
}

/** The server looks for one part of a name or number; the words are compared here. */
function longestWord(text: string): string {
  return text
    .trim()
    .split(/\s+/)
    .reduce((longest, word) => (word.length > longest.length ? word : longest), '');
}
