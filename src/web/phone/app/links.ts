/* Numbers from links: `/sip?call=1001`, or `tel:` and `sip:` links passed on by the browser. Links
   are untrusted: a number is only put into the field, never dialled. */
import { numberToCall } from '../model/numbers';

/** Removes the number from the page's address, so that a reload does not bring it back. */
export function takeNumber(): string {
  const url = new URL(window.location.href);
  const number = numberToCall(url.search);
  if (url.searchParams.has('call')) {
    url.searchParams.delete('call');
    window.history.replaceState(null, '', url);
  }
  return number;
}

/** The installed app is opened only once: a further link arrives in the open window. */
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
