/* Links: `/sip?call=1001`, or `tel:` and `sip:` links passed on by the browser. They are untrusted: what
   they ask for is only put into the field, never dialled. */

/** The link in the page's address. Removed from there, so that a reload does not bring it back. */
export function takeLink(): string {
  const url = new URL(window.location.href);
  const link = linkIn(url);
  if (url.searchParams.has('call')) {
    url.searchParams.delete('call');
    window.history.replaceState(null, '', url);
  }
  return link;
}

/** The installed app is opened only once: a further link arrives in the open window. */
export function onFurtherLinks(fill: (link: string) => void): void {
  (window as Launching).launchQueue?.setConsumer(({ targetURL }) => {
    const link = targetURL === undefined ? '' : linkIn(new URL(targetURL));
    if (link !== '') {
      fill(link);
    }
  });
}

/** A plus sign stays one: many write `?call=+49…` by hand. */
function linkIn({ search }: URL): string {
  return new URLSearchParams(search.replaceAll('+', '%2B')).get('call') ?? '';
}

/** Chromium only: https://wicg.github.io/web-app-launch/#launchqueue-interface */
interface Launching {
  readonly launchQueue?: {
    setConsumer(consumer: (launch: { readonly targetURL?: string }) => void): void;
  };
}
