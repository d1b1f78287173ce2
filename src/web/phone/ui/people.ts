/* History, contacts and directory as the views use them. */
import type { DirectoryEntry } from '../account-data/directory';
import type { Contacts } from '../account-data/contacts';
import type { History, PastCall } from '../account-data/history';
import type { Suggestion } from '../account-data/suggestions';
import type { Dial } from '../model/numbers/dialled';
import type { Observable } from './observing';

export type Suggest = (typed: string) => readonly Suggestion[];

export interface PeopleData extends Observable {
  readonly history: Pick<History, 'missed' | 'markSeen' | 'remove' | 'clear'>;
  /** The history, newest first, with names as far as they are known. */
  readonly calls: readonly PastCall[];
  readonly contacts: Pick<Contacts, 'list' | 'save' | 'remove'>;
  /** Those that are known; empty where the server has no directory for this phone. */
  readonly directory: readonly DirectoryEntry[];
  readonly suggest: Suggest;
  /** What is dialled for a text. */
  readonly dialled: Dial;
  readonly searchDirectory: (typed: string) => void;
  /** A view shows presence, until it calls the returned function. */
  readonly showPresence: () => () => void;
  /** Why the data are not stored permanently; empty if they are. */
  readonly trouble: string;
}
