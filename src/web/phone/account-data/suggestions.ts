/* Suggestions for a number or name that is being typed: contacts, extensions of the directory and
   past calls, each number once, best match first. */
import { fold } from '../model/folding';
import { dialable } from '../model/numbers';
import type { DirectoryEntry } from './directory';
import type { Contact } from './contacts';
import type { PastCall } from './history';

export interface Suggestion {
  readonly name: string;
  readonly number: string;
  readonly source: 'contact' | 'directory' | 'history';
  readonly favourite: boolean;
}

/** The arrays are replaced by new ones when something has changed. */
export interface Sources {
  readonly contacts: readonly Contact[];
  readonly directory: readonly DirectoryEntry[];
  /** Newest first. */
  readonly calls: readonly PastCall[];
}

interface Candidate extends Suggestion {
  /** The normalised number. */
  readonly key: string;
  /** The text that is searched: words, each after a space. */
  readonly words: string;
}

const MAX_SUGGESTIONS = 8;
const NO_CALL = Number.MAX_SAFE_INTEGER;

export class Suggestions {
  readonly #sources: () => Sources;
  #lastSources: Sources | null = null;
  #candidates: readonly Candidate[] = [];
  /** The number of other numbers with a later call, by number. */
  #recency: ReadonlyMap<string, number> = new Map();

  constructor(sources: () => Sources) {
    this.#sources = sources;
  }

  find(typed: string, limit: number = MAX_SUGGESTIONS): readonly Suggestion[] {
    const terms = termsOf(typed);
    if (terms.length === 0) {
      return [];
    }
    this.#refresh();
    const [first = ''] = terms;
    const rank = (one: Candidate): readonly number[] => [
      Number(one.key !== first),
      Number(!one.favourite),
      this.#recency.get(one.key) ?? NO_CALL,
      Number(!one.key.startsWith(first)),
    ];
    const best: { readonly candidate: Candidate; readonly rank: readonly number[] }[] = [];
    // Ten thousand may match, and few are returned: insertion into a short list beats sorting.
    for (const candidate of this.#candidates) {
      if (terms.every((term) => candidate.words.includes(` ${term}`))) {
        const entry = { candidate, rank: rank(candidate) };
        const before = best.findIndex((other) => ranksBefore(entry.rank, other.rank));
        best.splice(before === -1 ? best.length : before, 0, entry);
        best.length = Math.min(best.length, limit);
      }
    }
    return best.map(({ candidate: { name, number, source, favourite } }) => ({
      name,
      number,
      source,
      favourite,
    }));
  }

  #refresh(): void {
    const now = this.#sources();
    const old = this.#lastSources;
    if (
      now.contacts !== old?.contacts ||
      now.directory !== old.directory ||
      now.calls !== old.calls
    ) {
      this.#lastSources = now;
      this.#candidates = candidatesOf(now);
      this.#recency = recencyOf(now.calls);
    }
  }
}

/* The name of a contact takes precedence over that in the directory, and this over a caller's. */
function candidatesOf({ contacts, directory, calls }: Sources): readonly Candidate[] {
  const found = new Map<string, Candidate>();
  const add = (suggestion: Suggestion): void => {
    const key = fold(dialable(suggestion.number));
    if (!found.has(key)) {
      found.set(key, { ...suggestion, key, words: wordsOf(suggestion.name, key) });
    }
  };
  for (const { name, number, favourite } of contacts) {
    add({ name, number, source: 'contact', favourite });
  }
  for (const { name, extension } of directory) {
    add({ name, number: extension, source: 'directory', favourite: false });
  }
  for (const { remote } of calls) {
    add({ ...remote, source: 'history', favourite: false });
  }
  return [...found.values()];
}

function recencyOf(calls: readonly PastCall[]): ReadonlyMap<string, number> {
  const recency = new Map<string, number>();
  for (const { remote } of calls) {
    const key = fold(dialable(remote.number));
    if (!recency.has(key)) {
      recency.set(key, recency.size);
    }
  }
  return recency;
}

function wordsOf(name: string, key: string): string {
  const words = fold(name).replace(/[^\p{L}\p{N}]+/gu, ' ');
  // `49` finds `+49` too.
  return ` ${words} ${key}${key.startsWith('+') ? ` ${key.slice(1)}` : ''}`;
}

function termsOf(typed: string): readonly string[] {
  const number = dialable(typed);
  const words = number === typed.trim() ? fold(typed).split(/\s+/) : [number];
  return words.filter((word) => word !== '');
}

function ranksBefore(one: readonly number[], other: readonly number[]): boolean {
  for (const [index, value] of one.entries()) {
    const against = other[index] ?? 0;
    if (value !== against) {
      return value < against;
    }
  }
  return false;
}
