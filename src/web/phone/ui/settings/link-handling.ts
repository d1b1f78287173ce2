/* Offering this page to the browser for links with numbers; what comes of it is in links.ts. */

const SCHEMES = ['tel', 'sip'] as const;

/** Whether the browser lets a page offer itself for links. */
export function canHandleLinks(): boolean {
  return 'registerProtocolHandler' in navigator;
}

/** Offers this page for `tel:` and `sip:` links, on a person's click: the browser asks. */
export function handleLinks(): void {
  const { origin, pathname } = window.location;
  for (const scheme of SCHEMES) {
    navigator.registerProtocolHandler(scheme, `${origin}${pathname}?call=%s`);
  }
}
