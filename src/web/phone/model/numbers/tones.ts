/* The part of a typed number that is sent as tones after the answer: an extension, or what follows a
   pause. In the result `,` is a pause of two seconds and `w` waits for the person. */

export interface NumberAndTones {
  readonly number: string;
  readonly tones: string;
}

/** Words for an extension, in languages of numbers that are copied from web pages and signatures. */
const EXTENSION_WORDS = [
  'ext(?:ension|n)?',
  'x',
  'durchwahl',
  'dw',
  'app(?:arat)?',
  'nst',
  'nebenstelle',
  'poste',
  'int(?:erno?)?',
  'anexo',
  'ramal',
  'toestel',
  'tst',
  'wewn?',
  'доб(?:авочный)?',
].join('|');
const EXTENSION = new RegExp(
  `^(.*\\d.*?)[\\s,;(-]*(?<!\\p{L})(?:${EXTENSION_WORDS})[\\s.:#]*(\\d[\\d\\s*#-]*)\\)?$`,
  'iu',
);
/** `#56` behind a whole number; a feature code has neither a plus sign nor a space before `#`. */
const SHARP_EXTENSION = /^(\+(?:\D*\d){7}[^*#]*|(?:\D*\d){7}[^*#]* )#\s*(\d{1,8})$/;
const PAUSE = /^(.*?[\d*#)])\s*([,;pw][\s,;pw-]*[\d*#][\d\s,;pw*#-]*)$/i;
/** A parameter of a `tel:` link (RFC 3966, section 3). */
const PARAMETER = /;\s*([a-z][a-z-]*)=([^;]*)/gi;

export function splitTones(text: string): NumberAndTones {
  const given = new Map<string, string>();
  const rest = text.replace(PARAMETER, (_, name: string, value: string) => {
    given.set(name.toLowerCase(), value);
    return '';
  });
  const linked = tonesOf(`,${given.get('ext') ?? ''}`) || tonesOf(given.get('postd') ?? '');
  if (linked !== '') {
    return { number: rest, tones: linked };
  }
  const extension = EXTENSION.exec(rest) ?? SHARP_EXTENSION.exec(rest);
  if (extension !== null) {
    return { number: extension[1] ?? '', tones: tonesOf(`,${extension[2] ?? ''}`) };
  }
  const paused = PAUSE.exec(rest);
  return paused === null
    ? { number: rest.replace(/[\s,;]+$/, ''), tones: '' }
    : { number: paused[1] ?? '', tones: tonesOf(paused[2] ?? '') };
}

/** Empty if nothing of it is a tone. */
function tonesOf(text: string): string {
  const tones = text
    .replace(/[;w]/gi, 'w')
    .replace(/p/gi, ',')
    .replace(/[^\dw,*#]/g, '')
    .replace(/[w,]+$/, '');
  return /[\d*#]/.test(tones) ? tones : '';
}

/** The tones as they are shown before they are sent. */
export function shownTones(tones: string): string {
  return tones.replace(/^[w,]+/, '').replace(/[w,]+/g, ' … ');
}
