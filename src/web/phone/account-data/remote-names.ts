/* Names of the other sides of calls. A name that the person has given stands in the place of what
   callers say of themselves; the server's directory names those who say none. */
import type { Line, PhoneState } from '../model/state';
import type { Remote } from '../model/call';
import { isAnonymous } from '../sip/remote';
import type { Contacts } from './contacts';
import type { PhoneServer } from './phone-server';

/** What switches send in the place of a withheld name or number; ten zeros are FreeSWITCH's. */
const PLACEHOLDER =
  /^(?:anonym(?:ous)?|(?:unknown|private|restricted)(?: (?:caller|number))?|(?:number )?(?:withheld|unavailable|blocked)|no caller id|\+?0{6,})$/i;

/** A caller, with an empty name or number where it is withheld. */
export function withoutPlaceholders({ name, number }: Remote): Remote {
  const given = (text: string): string => (PLACEHOLDER.test(text.trim()) ? '' : text);
  return { name: given(name), number: given(number) };
}

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
      remote: named(otherSide(line)),
      transfer: line.transfer && { ...line.transfer, target: named(line.transfer.target) },
    })),
    lastEnded: lastEnded && {
      ...lastEnded,
      remote: named(otherSide(lastEnded)),
      outcome:
        lastEnded.outcome.kind === 'handed-over'
          ? { ...lastEnded.outcome, target: named(lastEnded.outcome.target) }
          : lastEnded.outcome,
    },
  };
}

/** The other side of a call as it is shown, before it gets a name. A number that was dialled stays,
    whatever it is; the other side of such a call may be another one that withholds its number. */
export function otherSide({ direction, remote }: Pick<Line, 'direction' | 'remote'>): Remote {
  return direction === 'in' || isAnonymous(remote.number) ? withoutPlaceholders(remote) : remote;
}

/** The other side within a sentence. */
export function nameInSentence({ name, number }: Remote): string {
  return name || number || 'a withheld number';
}
