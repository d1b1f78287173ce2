/* The names that a person has given: they stand in the place of what callers say of themselves. */
import type { PhoneState } from '../model/state';
import type { Remote } from '../model/call';
import type { Contacts } from './contacts';

export function named(remote: Remote, contacts: Contacts): Remote {
  const name = contacts.byNumber(remote.number)?.name;
  return name === undefined ? remote : { ...remote, name };
}

export function withNames(state: PhoneState, contacts: Contacts): PhoneState {
  const { lines, lastEnded } = state;
  return {
    ...state,
    lines: lines.map((line) => ({ ...line, remote: named(line.remote, contacts) })),
    lastEnded:
      lastEnded === null ? null : { ...lastEnded, remote: named(lastEnded.remote, contacts) },
  };
}
