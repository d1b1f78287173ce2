/* Numbers that come by a link: `/sip?call=1001`, or `tel:` and `sip:` links that the browser
   hands to us. They are written by strangers: a number is only ever filled in, never dialled. */
import { numberToCall } from '../model/numbers';

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
