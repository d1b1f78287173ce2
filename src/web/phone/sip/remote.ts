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

/** The number that has answered, as the switch reports it (RFC 3325, section 9.1; FreeSWITCH:
    mod_sofia.c, generate_pai_str); empty if it reports none. */
export function identityOf(header: (name: string) => string | undefined): string {
  const value = header('Remote-Party-ID') ?? header('P-Asserted-Identity') ?? '';
  return /<?sips?:([^@>;]+)@/i.exec(value)?.[1] ?? '';
}
