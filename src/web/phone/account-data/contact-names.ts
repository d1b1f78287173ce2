/* Names of the contacts, which replace the names that callers send. */
import type { PhoneState } from '../model/state';
import type { Remote } from '../model/call';
import type { Contacts } from './contacts';

export function withContactName(remote: Remote, contacts: Contacts): Remote {
  const name = contacts.byNumber(remote.number)?.name;
  return name === undefined ? remote : { ...remote, name };
}

export function withContactNames(state: PhoneState, contacts: Contacts): PhoneState {
  const { lines, lastEnded } = state;
  return {
    ...state,
    lines: lines.map((line) => ({ ...line, remote: withContactName(line.remote, contacts) })),
    lastEnded:
      lastEnded === null
        ? null
        : { ...lastEnded, remote: withContactName(lastEnded.remote, contacts) },
  };
}
