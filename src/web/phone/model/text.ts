/* Control characters, line ends, marks that change the direction of the text and others that are
   invisible: with them a caller could imitate `1001 (Bank)`. After the first line it is the list
   of the server (`INVISIBLE` in sipapp/model/text.py), which a test compares. */
const UNSHOWN =
  /[\p{Cc}\p{Zl}\p{Zp}\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\uFFF9-\uFFFB\u{1BCA0}-\u{1BCA3}\u{1D173}-\u{1D17A}\u{E0000}-\u{E007F}]/gu;

/** A text of others as it can be shown: without characters that would corrupt a line of text. */
export function shownText(text: string): string {
  return text.replace(UNSHOWN, '').trim();
}
