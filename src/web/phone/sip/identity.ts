/* Who the other side is, as the switch reports it in the messages of a call. The only sender of
   these messages is the registrar, over the WebSocket that the phone itself has opened: it is
   believed (RFC 3325, section 4). The texts may come from anybody, and are shown as text. */
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { Remote } from '../model/call';
import { percentDecoded } from '../model/text';
import { answerUpdates, type InfoEvent, type ReinviteEvent } from './internals';
import { ANONYMOUS, isAnonymous, isWithheld, remoteOf, type SipHeaders } from './remote';

const FREESWITCH = 'X-FS-Display-Number';
/** The first one that a message has counts. */
const SOURCES = [FREESWITCH, 'P-Asserted-Identity', 'Remote-Party-ID', 'From'] as const;

/** A name that is quoted or not, and the user of a SIP URI or the number of a tel URI; or a number
    alone. */
const ADDRESS = /^\s*(?:(?:"((?:[^"\\]|\\.)*)"|([^<"]*?))\s*<?(?:sips?|tel):)?([^@<>;?\s]+)/i;
/** Of a longer header no name or number is read: the expression takes a square of its length. */
const MAX_ADDRESS = 500;
/** Names that FreeSWITCH makes up where it knows none (switch_ivr_originate.c:2971). */
const NO_NAME = /^(Outbound Call|_undef_|UNKNOWN)$/i;

/** The other side as one source of a message reports it; null if it does not. */
function reportedBy(source: string, headers: SipHeaders): Remote | null {
  const value = headers.getHeader?.(source) ?? '';
  const [, quoted, plain = '', user] = ADDRESS.exec(value.slice(0, MAX_ADDRESS)) ?? [];
  if (user === undefined) {
    return null;
  }
  if (isWithheld(headers, value) || isAnonymous(user)) {
    return ANONYMOUS;
  }
  const named = quoted?.replace(/\\(.)/g, '$1') ?? plain;
  const name = source === FREESWITCH ? (headers.getHeader?.('X-FS-Display-Name') ?? '') : named;
  const isShown = !NO_NAME.test(name) && !/;\s*privacy=name/i.test(value);
  return remoteOf(isShown ? name : '', percentDecoded(user));
}

/** Each source of a message that names the other side, the one that counts first. */
function reports(headers: SipHeaders, isRequest: boolean): readonly (readonly [string, Remote])[] {
  // From of a response is this phone.
  return (isRequest ? SOURCES : SOURCES.slice(0, -1)).flatMap((source) => {
    const remote = reportedBy(source, headers);
    return remote === null ? [] : [[source, remote] as const];
  });
}

/** The other side of one dialog. */
class ReportedIdentity {
  readonly #last = new Map<string, string>();

  /** @param remote From in the requests of the other side, as the dialog begins. */
  constructor(remote: Remote) {
    this.#last.set('From', keyOf(remote));
  }

  /** The other side as a message reports it, if that is new; null if not. A switch may repeat in a
      re-INVITE what was so at the beginning, so each source is compared with itself. */
  news(message: SipHeaders, isRequest: boolean): Remote | null {
    const found = reports(message, isRequest);
    const [first] = found;
    const isNew = first !== undefined && this.#last.get(first[0]) !== keyOf(first[1]);
    for (const [source, remote] of found) {
      this.#last.set(source, keyOf(remote));
    }
    return isNew ? first[1] : null;
  }
}

function keyOf({ name, number }: Remote): string {
  return `${number} ${name}`;
}

/** Calls back when the other side of a session is reported to be another one: it has transferred
    the call, or somebody else answers. `invite` is that of an incoming session; null for one that
    takes another call over, whose responses do not name the other side. */
export function watchIdentity(
  session: RTCSession,
  invite: SipHeaders | null,
  moved: (remote: Remote) => void,
): void {
  const { display_name: name, uri } = session.remote_identity;
  const identity = new ReportedIdentity(remoteOf(name, uri.user));
  identity.news(invite ?? {}, true);
  const heard = (message: SipHeaders, isRequest = true): void => {
    const remote = identity.news(message, isRequest);
    // FreeSWITCH reports this phone itself when the other side has taken its call over
    // (switch_ivr_bridge.c:286: the new leg is the originator).
    if (remote !== null && remote.number !== session.local_identity.uri.user) {
      moved(remote);
    }
  };
  for (const event of invite === null ? [] : (['progress', 'accepted'] as const)) {
    session.on(event, ({ response }: { response?: SipHeaders | null }) => {
      heard(response ?? {}, false);
    });
  }
  for (const event of ['reinvite', 'update'] as const) {
    session.on(event, ({ request }: ReinviteEvent) => {
      heard(request);
    });
  }
  session.on('newInfo', ({ originator, request }: InfoEvent) => {
    if (originator === 'remote') {
      heard(request);
    }
  });
  answerUpdates(session, heard);
}
