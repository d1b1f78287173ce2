/* Registers this page in the browser as the handler of links with numbers; links.ts reads the
   numbers. */

const SCHEMES = ['tel', 'sip'] as const;

/** Whether the browser lets a page register for links. */
export function canHandleLinks(): boolean {
  return 'registerProtocolHandler' in navigator;
}

/** Registers this page for `tel:` and `sip:` links, on a person's click: the browser asks for
    permission. */
export function handleLinks(): void {
  const { origin, pathname } = window.location;
  for (const scheme of SCHEMES) {
    navigator.registerProtocolHandler(scheme, `${origin}${pathname}?call=%s`);
  }
}
