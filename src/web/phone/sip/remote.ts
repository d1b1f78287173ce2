import type { Remote } from '../model/call';
import { shownText } from '../model/text';

const MAX_LENGTH = 80;

/** Name and number of the other side, without characters that would corrupt a line of text. */
export function remoteOf(displayName: string | null | undefined, user: string | null): Remote {
  const number = clean(user ?? '');
  const name = clean(displayName ?? '');
  return { name: name === number ? '' : name, number: number === '' ? 'unknown' : number };
}

function clean(text: string): string {
  // Cut by characters: cutting by UTF-16 units could split one.
  return Array.from(shownText(text)).slice(0, MAX_LENGTH).join('');
}

/** A request or a response. */
export interface SipHeaders {
  getHeader?(name: string): string | undefined;
}

/** Asks FreeSWITCH to report a new other side, by INFO. Without it only phones whose User-Agent
    FreeSWITCH knows get a report (mod_sofia.c:2017 and :2069, SWITCH_MESSAGE_INDICATE_DISPLAY). */
export const ASKS_FOR_IDENTITY = 'X-FS-Support: update_display';

/** RFC 3323, section 3.3: the URI of a caller who is not to be known. */
export const ANONYMOUS: Remote = { name: '', number: 'anonymous' };

export function isAnonymous(number: string): boolean {
  return number.toLowerCase() === ANONYMOUS.number;
}

/** Whether `Privacy` withholds the identity (RFC 3323, 4.2, and RFC 3325, 9.3), or the parameter of
    Remote-Party-ID does. */
export function isWithheld(headers: SipHeaders, party: string): boolean {
  return (
    /\b(id|user|header)\b/i.test(headers.getHeader?.('Privacy') ?? '') ||
    /;\s*privacy=(full|uri)/i.test(party)
  );
}

/** The caller of an INVITE: its From, unless the caller is withheld. */
export function invitingCaller(invite: SipHeaders, from: Remote): Remote {
  return isWithheld(invite, invite.getHeader?.('Remote-Party-ID') ?? '') ? ANONYMOUS : from;
}

/** The number that has answered, as the switch reports it (RFC 3325, section 9.1; FreeSWITCH:
    mod_sofia.c, generate_pai_str); empty if it reports none. */
export function answeringNumber(response: SipHeaders): string {
  const header = (name: string): string | undefined => response.getHeader?.(name);
  const value = header('Remote-Party-ID') ?? header('P-Asserted-Identity') ?? '';
  return /<?sips?:([^@>;]+)@/i.exec(value)?.[1] ?? '';
}
