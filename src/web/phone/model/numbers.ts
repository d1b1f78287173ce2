/* Numbers to dial, as people type them or as untrusted links contain them. */

const MAX_LENGTH = 80;

/** Separators that people put into a number: spaces, brackets and other marks. */
const SEPARATORS = /[\s()\-./]/g;

/** The number as typed, without separators; a name or a SIP address stays unchanged. */
export function dialable(typed: string): string {
  return /^[\d\s()+\-./*#]+$/.test(typed) ? typed.replace(SEPARATORS, '') : typed.trim();
}

/** The number that a page's query asks to call (`?call=1001`, or a `tel:` or `sip:` link passed on
    by the browser); empty if it holds no valid number. */
export function numberToCall(query: string): string {
  const link = new URLSearchParams(query).get('call') ?? '';
  const [, scheme = '', rest = ''] = /^\s*(?:(tel|sips?|callto):)?(.*)$/is.exec(link) ?? [];
  // Parameters and headers follow these characters; the writer of a link may not set them.
  const address = decoded(rest.replace(/^\/\//, ''))
    .replace(/[;?,&].*$/s, '')
    .trim();
  const number = /^(tel|callto)$/i.test(scheme)
    ? address.replace(SEPARATORS, '')
    : withoutPassword(dialable(address));
  return /^[\w.+*#-]+(@[\w.:[\]-]+)?$/.test(number) && number.length <= MAX_LENGTH ? number : '';
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** A sip: address may contain `user:password@host` (RFC 3261, 19.1.1). */
function withoutPassword(address: string): string {
  return address.replace(/^([^@:]*):[^@]*@/, '$1@');
}
