/* Characters of numbers as people type and paste them. */

/** Characters without a glyph: marks of direction, joiners, soft hyphens, controls, variation
    selectors, the frame of keycaps, fillers; and private use, which icon fonts put into PDFs. */
const INVISIBLE =
  /[\p{Cf}\p{Cc}\p{Cs}\p{Co}\p{Variation_Selector}\u034F\u115F\u1160\u17B4\u17B5\u20E3\u3164\uFFA0]/gu;
/** Marks of footnotes; they are no digits of a number. */
const FOOTNOTES = /[\u00B2\u00B3\u00B9\u2070\u2074-\u2079\u2080-\u2089]/g;
const SPACES = /[\s\p{Z}\u2800]+/gu;
/** Hyphens, dashes, minus signs, and the Japanese length mark that is typed for them. */
const DASHES = /[\p{Pd}\u2212\u2043\u02D7\u2796\u30FC]/gu;
const COMMAS = /[\u060C\u3001]/g;
const SEMICOLONS = /\u061B/g;
const STARS = /[\u2217\u204E\u22C6\u2731]/g;
const SHARPS = /[\u266F\u2317]/g;
const DIGIT = /\p{Nd}/u;

/** The text with the characters of a keyboard in the place of their relatives: without invisible
    marks, with spaces, hyphens and the digits 0 to 9. */
export function plainText(text: string): string {
  return plainDigits(
    text
      .replace(SPACES, ' ')
      .replace(INVISIBLE, '')
      .replace(FOOTNOTES, '')
      .normalize('NFKC')
      .replace(SPACES, ' ')
      .replace(DASHES, '-')
      .replace(COMMAS, ',')
      .replace(SEMICOLONS, ';')
      .replace(STARS, '*')
      .replace(SHARPS, '#'),
  ).trim();
}

/** The text with the digits of all scripts as 0 to 9. */
export function plainDigits(text: string): string {
  return text.replace(/\p{Nd}/gu, (digit) => String(valueOf(digit)));
}

/** Unicode has the digits of a script as ten characters in a row, of several scripts as some such
    rows without a gap. */
function valueOf(digit: string): number {
  const code = digit.codePointAt(0) ?? 0;
  let before = 0;
  while (DIGIT.test(String.fromCodePoint(code - before - 1))) {
    before += 1;
  }
  return before % 10;
}
