/* What the views need of history, contacts and directory. */
import type { DirectoryEntry } from '../account-data/directory';
import type { Contacts } from '../account-data/contacts';
import type { History } from '../account-data/history';
import type { Suggestion } from '../account-data/suggestions';
import type { Observable } from './observing';

export type Suggest = (typed: string) => readonly Suggestion[];

export interface PeopleData extends Observable {
  readonly history: Pick<History, 'calls' | 'missed' | 'markSeen' | 'remove' | 'clear'>;
  readonly contacts: Pick<Contacts, 'list' | 'save' | 'remove'>;
  /** Those that are known; empty where the server has none for this phone. */
  readonly directory: readonly DirectoryEntry[];
  readonly suggest: Suggest;
  readonly searchDirectory: (typed: string) => void;
  /** Why nothing is kept for good, in words; empty if it is. */
  readonly trouble: string;
}
