/* SIP addresses as people type and copy them (RFC 3261, section 25.1). */
import { percentDecoded } from '../text';

export interface SipAddress {
  /** The part before the `@`, decoded. */
  readonly user: string;
  /** Host and port; empty if the text has a scheme and a user only. */
  readonly host: string;
}

const SCHEME = /^(?:sips?:(?:\/\/)?\s*)+/i;
const HOST = /^(\[[0-9a-f:.]+\]|[\p{L}\p{N}_.-]+)(:\d{1,5})?$/iu;
const BARE_IPV6 = /^[0-9a-f]*(?::[0-9a-f]*){2,}$/i;

/** Whether a text is to be read as an address: it has a scheme or an `@`. */
export function looksLikeAddress(text: string): boolean {
  return text.includes('@') || SCHEME.test(inBrackets(text));
}

/** The user and the host of an address; null if it has none of both. Its name, its password, its
    parameters and its headers are left out: a header could take over a call (Replaces). */
export function parseAddress(text: string): SipAddress | null {
  const uri = inBrackets(text).trim().replace(SCHEME, '');
  const at = uri.indexOf('@');
  if (at === -1) {
    const user = withoutHeaders(uri);
    return user === '' || user.startsWith('[') || /\.[^:]*:\d+$/.test(user)
      ? null
      : { user: percentDecoded(user), host: '' };
  }
  const host = hostOf(uri.slice(at + 1).replace(/[;?/].*$/s, ''));
  const user = percentDecoded(uri.slice(0, at).replace(/:.*$/s, ''));
  return user === '' || host === null ? null : { user, host };
}

/** The user as it stands in an address: characters that would end it are encoded. */
export function encodedUser(user: string): string {
  return /^[\w.!~*'()&=+$,?/#-]+$/.test(user) ? user : encodeURIComponent(user);
}

function inBrackets(text: string): string {
  return /<([^<>]+)>/.exec(text)?.[1] ?? text;
}

/** A number or a user without what follows it in a link. */
export function withoutHeaders(text: string): string {
  return text.replace(/[?&].*$/s, '');
}

function hostOf(text: string): string | null {
  const host = text.trim();
  if (BARE_IPV6.test(host)) {
    return `[${host.toLowerCase()}]`;
  }
  const [, name = '', port = ''] = HOST.exec(host) ?? [];
  const number = Number(port.slice(1));
  if (name === '' || (port !== '' && (number < 1 || number > 65_535))) {
    return null;
  }
  return `${asciiHost(name)}${port}`;
}

/** A host with letters of other scripts in the form of DNS. */
function asciiHost(host: string): string {
  try {
    return /^[\x21-\x7E]*$/.test(host) ? host.toLowerCase() : new URL(`http://${host}`).hostname;
  } catch {
    return host;
  }
}
