/* Control characters, line ends, marks that change the direction of the text and others that are
   invisible: with them a caller could imitate `1001 (Bank)`. Beside controls and line ends it is the
   list of the server (`INVISIBLE` in sipapp/model/text.py), which a test compares. */
const UNSHOWN =
  /[\p{Cc}\u00AD\u061C\u115F\u1160\u200B\u200E\u200F\u2028-\u202E\u2060-\u206F\u3164\uFEFF\uFFA0\u{E0000}-\u{E007F}]/gu;

/** A text of others as it can be shown: without characters that would corrupt a line of text. */
export function shownText(text: string): string {
  return text.replace(UNSHOWN, '').trim();
}

/** Percent-encoding undone; unchanged if it is none. */
export function percentDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
