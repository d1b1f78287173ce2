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
  return {
    ...state,
    lines: lines.map((line) => ({ ...line, remote: withName(line.remote, contacts, directory) })),
    lastEnded:
      lastEnded === null
        ? null
        : { ...lastEnded, remote: withName(lastEnded.remote, contacts, directory) },
  };
}
