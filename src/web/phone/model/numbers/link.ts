/* Numbers in links, which anybody can write: they are only put into the field. */
import { percentDecoded } from '../text';
import { withoutCountry } from './dial-plan';
import { withoutHeaders } from './sip-address';

/** The text for the field from the `call` of a page's query (`1001`, or a `tel:`, `sip:` or `callto:`
    link passed on by the browser); empty if it holds no valid number. */
export function linkedNumber(link: string): string {
  if (/^\s*sips?:.*\S\s+\S/is.test(link)) {
    return '';
  }
  const { number, tones, problem } = withoutCountry.dialled(decodedLink(link));
  return problem === '' && /^(?:[\w.+*#-]|%[0-9A-F]{2})+(?:@[\w.:[\]-]+)?$/.test(number)
    ? number + tones
    : '';
}

/** A telephone number may be encoded as a whole; the parts of a SIP address are decoded later. */
function decodedLink(link: string): string {
  const text = /^\s*(tel|callto):/i.test(link) ? withoutHeaders(link) : link;
  // The plus sign of a query that was written by hand.
  const number = text.replace(/(?<=\d)\+(?=\d)/g, ' ');
  return /^\s*sips?:/i.test(number) ? text : percentDecoded(number);
}
