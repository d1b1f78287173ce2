/* Numbers that come by a link: `/sip?call=1001`, or `tel:` and `sip:` links that the browser
   hands to us. They are written by strangers: a number is only ever filled in, never dialled. */

const LONGEST = 80;

/** The number that a page's query asks to call; empty if there is none that can be one. */
export function numberToCall(query: string): string {
  const asked = new URLSearchParams(query).get('call') ?? '';
  const [, scheme = '', rest = ''] = /^\s*(?:(tel|sips?|callto):)?(.*)$/is.exec(asked) ?? [];
  // Behind these stand parameters and headers, which are not for the link's writer to choose.
  const address = decoded(rest.replace(/^\/\//, ''))
    .replace(/[;?,&].*$/s, '')
    .trim();
  const number =
    /^(tel|callto)$/i.test(scheme) || /^[\d\s()+\-./*#\u00A0]+$/.test(address)
      ? address.replace(/[\s()\-./\u00A0]/g, '')
      : withoutPassword(address);
  return /^[\w.+*#-]+(@[\w.:[\]-]+)?$/.test(number) && number.length <= LONGEST ? number : '';
}

/** Takes the number out of the page's address, so that loading it again does not bring it back. */
export function takeNumber(): string {
  const url = new URL(window.location.href);
  const number = numberToCall(url.search);
  if (url.searchParams.has('call')) {
    url.searchParams.delete('call');
    window.history.replaceState(null, '', url);
  }
  return number;
}

/** Installed, the app is not opened twice: a further link arrives in the window that is open. */
export function onFurtherLinks(fill: (number: string) => void): void {
  (window as Launching).launchQueue?.setConsumer(({ targetURL }) => {
    const number = targetURL === undefined ? '' : numberToCall(new URL(targetURL).search);
    if (number !== '') {
      fill(number);
    }
  });
}

/** Chromium only: https://wicg.github.io/web-app-launch/#launchqueue-interface */
interface Launching {
  readonly launchQueue?: {
    setConsumer(consumer: (launch: { readonly targetURL?: string }) => void): void;
  };
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
