/* Numbers as they are dialled: typed by people, or found in links that strangers write. */

const MAX_LENGTH = 80;

/** Spaces, brackets and other marks that people put into a number to read it. */
const SEPARATORS = /[\s()\-./]/g;

/** The number as typed, without separators; a name or a SIP address as it is. */
export function dialable(typed: string): string {
  return /^[\d\s()+\-./*#]+$/.test(typed) ? typed.replace(SEPARATORS, '') : typed.trim();
}

/** The number that a page's query asks to call (`?call=1001`, or a `tel:` or `sip:` link that the
    browser hands over); empty if there is none that can be one. */
export function numberToCall(query: string): string {
  const asked = new URLSearchParams(query).get('call') ?? '';
  const [, scheme = '', rest = ''] = /^\s*(?:(tel|sips?|callto):)?(.*)$/is.exec(asked) ?? [];
  // Behind these stand parameters and headers, which are not for the link's writer to choose.
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

/** `user:password@host` is possible in a sip: address (RFC 3261, 19.1.1). */
function withoutPassword(address: string): string {
  return address.replace(/^([^@:]*):[^@]*@/, '$1@');
}
