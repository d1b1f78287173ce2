/* Suggestions for a number or name that is being typed: contacts, extensions of the directory and
   past calls, each number once, best match first. */
import { fold } from '../model/folding';
import { withoutCountry, type DialPlan } from '../model/numbers/dial-plan';
import { NumberIndex } from '../model/numbers/number-index';
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
  /** The number in the form for comparing. */
  readonly key: string;
  /** The number as it is dialled. */
  readonly dialled: string;
  /** The text that is searched: the words of the name, and the number in several notations, each after
      a space. */
  readonly words: string;
}

const MAX_SUGGESTIONS = 8;
const NO_CALL = Number.MAX_SAFE_INTEGER;

export class Suggestions {
  readonly #sources: () => Sources;
  readonly #plan: DialPlan;
  #lastSources: Sources | null = null;
  #candidates: readonly Candidate[] = [];
  /** The number of other candidates with a later call. */
  #recency: ReadonlyMap<Candidate, number> = new Map();

  constructor(sources: () => Sources, plan: DialPlan = withoutCountry) {
    this.#sources = sources;
    this.#plan = plan;
  }

  find(typed: string, limit: number = MAX_SUGGESTIONS): readonly Suggestion[] {
    const terms = this.#termsOf(typed);
    if (terms.length === 0) {
      return [];
    }
    this.#refresh();
    const [first = ''] = terms;
    const key = this.#plan.key(typed);
    const rank = (one: Candidate): readonly number[] => [
      Number(one.key !== key),
      Number(!one.favourite),
      this.#recency.get(one) ?? NO_CALL,
      Number(!one.dialled.startsWith(first)),
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
      const found = this.#candidatesOf(now);
      this.#candidates = found.all;
      this.#recency = recencyOf(now.calls, found.index);
    }
  }

  /* The name of a contact takes precedence over that in the directory, and this over a caller's. */
  #candidatesOf({ contacts, directory, calls }: Sources): Candidates {
    const index = new NumberIndex<Candidate>([], this.#plan.key);
    const all: Candidate[] = [];
    const add = (suggestion: Suggestion): void => {
      const { number } = suggestion;
      if (number !== '' && index.find(number) === undefined) {
        const candidate = this.#candidateOf(suggestion);
        index.add(number, candidate);
        all.push(candidate);
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
    return { all, index };
  }

  #candidateOf(suggestion: Suggestion): Candidate {
    const { number, target } = this.#plan.dialled(suggestion.number);
    const key = this.#plan.key(suggestion.number);
    const names = fold(suggestion.name).replace(/[^\p{L}\p{N}]+/gu, ' ');
    // `49` and `0049` find `+49` too.
    const international = [number, key].flatMap((one) =>
      one.startsWith('+') ? [one.slice(1), `00${one.slice(1)}`] : [],
    );
    const notations = new Set([number, key, target, ...international].map(fold));
    const words = ` ${[names, ...notations].join(' ')}`;
    return { ...suggestion, key, dialled: fold(number), words };
  }

  #termsOf(typed: string): readonly string[] {
    const { number } = this.#plan.dialled(typed);
    const words = number === typed.trim() ? fold(typed).split(/\s+/) : [fold(number)];
    return words.filter((word) => word !== '');
  }
}

interface Candidates {
  readonly all: readonly Candidate[];
  readonly index: NumberIndex<Candidate>;
}

function recencyOf(
  calls: readonly PastCall[],
  index: NumberIndex<Candidate>,
): ReadonlyMap<Candidate, number> {
  const recency = new Map<Candidate, number>();
  for (const { remote } of calls) {
    const candidate = index.find(remote.number);
    if (candidate !== undefined && !recency.has(candidate)) {
      recency.set(candidate, recency.size);
    }
  }
  return recency;
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
