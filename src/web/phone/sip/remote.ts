import type { Remote } from '../model/call';

const MAX_LENGTH = 80;

/** Name and number of the other side, without characters that would corrupt a line of text. */
export function remoteOf(displayName: string | null | undefined, user: string | null): Remote {
  const number = clean(user ?? '');
  const name = clean(displayName ?? '');
  return { name: name === number ? '' : name, number: number === '' ? 'unknown' : number };
}

/* Control characters and marks that change the text direction: with such marks a caller could
   imitate `1001 (Bank)`. */
function clean(text: string): string {
  const plain = text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060-\u2069\uFEFF]/gu, '')
    .trim();
  // Cut by characters: cutting by UTF-16 units could split one.
  return Array.from(plain).slice(0, MAX_LENGTH).join('');
}

/** The number that has answered, as the switch reports it (RFC 3325, section 9.1; FreeSWITCH:
    mod_sofia.c, generate_pai_str); empty if it reports none. */
export function identityOf(header: (name: string) => string | undefined): string {
  const value = header('Remote-Party-ID') ?? header('P-Asserted-Identity') ?? '';
  return /<?sips?:([^@>;]+)@/i.exec(value)?.[1] ?? '';
}
