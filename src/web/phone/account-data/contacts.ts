/* The contacts of a person, stored on this device for all of its extensions. */
import { newId, type Collection } from './collection';
import { withoutCountry } from '../model/numbers/dial-plan';
import { NumberIndex } from '../model/numbers/number-index';
import { shownText } from '../model/text';

export interface Contact {
  readonly id: number;
  readonly name: string;
  readonly number: string;
  readonly favourite: boolean;
}

/** A contact that is not saved yet has no id. */
export type ContactDraft = Omit<Contact, 'id'> & { readonly id: number | null };

export interface ContactErrors {
  readonly name?: string;
  readonly number?: string;
}

const MAX_LENGTH = 80;
/** The most contacts that can be saved; so many fit into memory. */
export const MAX_CONTACTS = 1000;

export function contactErrors({ name, number }: Pick<Contact, 'name' | 'number'>): ContactErrors {
  const atName = textError(name, 'Enter a name.');
  const atNumber =
    textError(number, 'Enter a number or a SIP address.') ??
    (withoutCountry.dialled(number).problem || null);
  return {
    ...(atName === null ? {} : { name: atName }),
    ...(atNumber === null ? {} : { number: atNumber }),
  };
}

function textError(text: string, missing: string): string | null {
  if (text.trim() === '') {
    return missing;
  }
  return Array.from(text.trim()).length > MAX_LENGTH
    ? `Use at most ${MAX_LENGTH} characters.`
    : null;
}

export class Contacts {
  readonly #all: Collection<Contact>;
  #cachedItems: ReadonlyMap<number, Contact> | null = null;
  #list: readonly Contact[] = [];
  readonly #key: (number: string) => string;
  #byNumber: NumberIndex<Contact>;

  /** @param key The form of a number for comparing, as the dial plan gives it. */
  constructor(all: Collection<Contact>, key: (number: string) => string) {
    this.#all = all;
    this.#key = key;
    this.#byNumber = new NumberIndex([], key);
  }

  /** Favourites first, then by name; the same array until something changes. */
  get list(): readonly Contact[] {
    this.#refresh();
    return this.#list;
  }

  /** The contact with a number, in any notation. */
  byNumber(number: string): Contact | undefined {
    this.#refresh();
    return this.#byNumber.find(number);
  }

  /** Saves a draft without `contactErrors`; false if there are too many contacts. */
  save(draft: ContactDraft): boolean {
    const { id } = draft;
    if (id === null && this.#all.items.size >= MAX_CONTACTS) {
      return false;
    }
    this.#all.put([shownContact({ ...draft, id: id ?? newId() })]);
    return true;
  }

  remove(id: number): void {
    this.#all.remove([id]);
  }

  subscribe(observer: () => void): () => void {
    return this.#all.subscribe(observer);
  }

  #refresh(): void {
    if (this.#cachedItems !== this.#all.items) {
      this.#cachedItems = this.#all.items;
      // Earlier versions saved names and numbers as they were typed or pasted.
      const all = [...this.#all.items.values()].map(shownContact);
      this.#list = all.length < 2 ? all : all.sort(contactOrder());
      // The first contact in the list wins if several have the same number.
      this.#byNumber = new NumberIndex(
        this.#list.map((one) => [one.number, one]),
        this.#key,
      );
    }
  }
}

function shownContact(contact: Contact): Contact {
  return { ...contact, name: shownText(contact.name), number: shownText(contact.number) };
}

/** Compares contacts. Made only for a list to sort: creating the first collator of a page takes
    longer than registering. */
function contactOrder(): (one: Contact, other: Contact) => number {
  const { compare } = new Intl.Collator(undefined, { numeric: true });
  return (one, other) =>
    Number(other.favourite) - Number(one.favourite) || compare(one.name, other.name);
}
