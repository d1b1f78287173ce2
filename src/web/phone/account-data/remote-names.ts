/* Names of the other sides of calls. A name that the person has given stands in the place of what
   callers say of themselves; the server's directory names those who say none. */
import type { PhoneState } from '../model/state';
import type { Remote } from '../model/call';
import type { Contacts } from './contacts';
import type { PhoneServer } from './phone-server';

type Directory = Pick<PhoneServer, 'nameOf'>;

export function withName(remote: Remote, contacts: Contacts, directory: Directory): Remote {
  const name =
    contacts.byNumber(remote.number)?.name ??
    (remote.name === '' ? directory.nameOf(remote.number) : remote.name);
  return name === remote.name ? remote : { ...remote, name };
}

export function withNames(state: PhoneState, contacts: Contacts, directory: Directory): PhoneState {
  const { lines, lastEnded } = state;
  const named = (remote: Remote): Remote => withName(remote, contacts, directory);
  return {
    ...state,
    lines: lines.map((line) => ({
      ...line,
      remote: named(line.remote),
      transfer: line.transfer && { ...line.transfer, target: named(line.transfer.target) },
    })),
    lastEnded: lastEnded && {
      ...lastEnded,
      remote: named(lastEnded.remote),
      outcome:
        lastEnded.outcome.kind === 'handed-over'
          ? { ...lastEnded.outcome, target: named(lastEnded.outcome.target) }
          : lastEnded.outcome,
    },
  };
}
