/* Country codes (ITU-T E.164, list of assigned codes) and trunk prefixes.
   A test compares them with the server's rules of each country (sipapp/settings/numbering.py). */

/** No code is the beginning of another one. */
const CODE =
  /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|(?:2[1-689]|3[578]|42|5[09]|6[7-9]|8[0578]|9[679])\d)/;
/** Codes behind which a number may begin with 0: Italy, San Marino, some countries of Africa, and those
    of services without a country. */
const LEADING_ZERO = /^(?:39|378|22[569]|24[12]|80\d|87\d|88[1-3]|888|979)$/;
/** Trunk prefixes other than 0 that are written behind the code, in brackets. Lithuania has 0 by now;
    its older numbers are written with 8. */
const OTHER_TRUNKS: Readonly<Record<string, string>> = {
  7: '8',
  36: '06',
  370: '8',
  375: '8',
  993: '8',
};

/** The country code at the beginning of the digits; empty if there is none. */
export function countryCodeOf(digits: string): string {
  return CODE.exec(digits)?.[0] ?? '';
}

export function hasLeadingZero(code: string): boolean {
  return LEADING_ZERO.test(code);
}

export function trunkOf(code: string): string {
  return OTHER_TRUNKS[code] ?? '0';
}
