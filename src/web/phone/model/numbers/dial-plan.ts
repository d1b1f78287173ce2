/* What is dialled for what a person typed or pasted, or for a link: the only place that decides it.
   A view shows it before the call. */
import { plainText } from './characters';
import { countryCodeOf, hasLeadingZero, trunkOf } from './country-codes';
import type { Numbering } from '../config';
import { asTyped, type Dial, type Dialled } from './dialled';
import { encodedUser, looksLikeAddress, parseAddress } from './sip-address';
import { percentDecoded } from '../text';
import { splitTones } from './tones';

const MAX_LENGTH = 80;
/** Longer texts are not read. */
const MAX_TYPED = 300;
const SEVERAL = 'Several numbers: leave one of them.';
const NO_ADDRESS = 'No SIP address, such as 1001@pbx.example.org.';
const TOO_LONG = `Use at most ${MAX_LENGTH} characters.`;

/** What may stand between two numbers. */
const BETWEEN = /[\n\r;|]|\s\/\s|\s\p{L}+\.?:?\s/u;
const WHOLE_NUMBER = /[+0(](?:[^\d,]*\d){6}/;
/** Separators within a number: spaces, hyphens, brackets, dots and strokes of all kinds. */
const SEPARATORS = /[\s\-.·•‧∙⋅・。/\\|⁄∕_~'’‘`´\p{Ps}\p{Pe}]/gu;
const SCHEMES = /^(?:(?:tel|callto|phone):(?:\/\/)?\s*)+/i;
/** What stands before a number in a signature: `Tel. `, `Office: `, `Berlin (030) …`. */
const LABEL =
  /^(?:(?:tel|fon|phone|telefon|telephone|mobile?|handy|fax)\b\.?\s*(?=[(+\d])|[\p{L}\p{M}\s./-]*(?::\s*|\.\s+)(?=[(+\d])|[\p{L}\p{M}\s./-]*(?:\s(?=\((?:\D*\d){5}|\+)|(?=\+(?:\D*\d){7})))/iu;
/** Symbols (a telephone), quotation marks and punctuation around a number. */
const AROUND =
  /^[\p{So}\p{Sk}\p{Pi}\p{Pf}"'=\s]+(?=[\p{L}\p{N}(+*#])|[\p{So}\p{Pi}\p{Pf}"'!?.:\s]+$/gu;
const IN_BRACKETS = /<([^<>]*\d[^<>]*)>/;
/** The trunk prefix that is written in brackets behind a country code, and not dialled there. */
const BRACKETED_TRUNK = /^(\(?(?:\+|00)\s*(\d{1,3})[\s.)/-]*)[([{](0|06|8)[)\]}]/;
/** Letters as on the keys of a pad, as in 1-800-FLOWERS: at least three, behind at least three
    digits, and seven keys in all. Other texts with letters are names. */
const LETTERS = /^\+?\d{3,}(?:\d*[A-Z]){3,}\d*$/i;
const TONES_OF_ADDRESS = /^([^,<>]*@[^,;<>]*)(,[\d,w*#]*[\d*#])$/;
const FEWEST_KEYS = 7;
const KEYS = ['ABC', 'DEF', 'GHI', 'JKL', 'MNO', 'PQRS', 'TUV', 'WXYZ'];

export class DialPlan {
  readonly #numbering: Numbering | null;
  readonly #isExtension: (name: string) => boolean;

  /** @param isExtension Whether a text is the number or name of an extension, which stays as it is. */
  constructor(numbering: Numbering | null, isExtension: (name: string) => boolean = () => false) {
    this.#numbering = numbering;
    this.#isExtension = isExtension;
  }

  /** What is dialled for a text. */
  readonly dialled: Dial = (typed) => {
    // Most numbers of a directory, in lists of thousands.
    if (/^[\d*#]{1,20}$/.test(typed)) {
      return { ...asTyped(typed), target: this.#target(typed) };
    }
    if (typed.length > MAX_TYPED) {
      return { ...asTyped(typed.slice(0, MAX_TYPED)), problem: TOO_LONG };
    }
    if (typed.split(BETWEEN).filter((part) => WHOLE_NUMBER.test(part)).length > 1) {
      return { ...asTyped(typed), problem: SEVERAL };
    }
    const found = this.#read(plainText(typed));
    return found.number.length > MAX_LENGTH ? { ...found, problem: TOO_LONG } : found;
  };

  /** A number in one form for all notations of it, as far as the country is known: `+` and country
      code for numbers outside. For comparing; see `NumberIndex`. */
  readonly key = (number: string): string => {
    const { number: cleaned } = this.dialled(number);
    const outside = this.#outside(cleaned);
    return outside === null ? cleaned.toLowerCase() : `+${outside}`;
  };

  #read(given: string): Dialled {
    const bare = given.replace(SCHEMES, '');
    const text = bare === given ? given : plainText(percentDecoded(bare));
    if (this.#isExtension(text)) {
      return asTyped(text);
    }
    if (looksLikeAddress(text)) {
      return this.#address(text);
    }
    const found = splitTones(labelled(text));
    const number = numberOf(found.number);
    if (number === null) {
      return asTyped(text);
    }
    const problem = isSeveral(number) || isSeveral(found.tones) ? SEVERAL : '';
    return { number, target: this.#target(number), tones: found.tones, problem };
  }

  #address(text: string): Dialled {
    const [, uri = text, tail = ''] = TONES_OF_ADDRESS.exec(text) ?? [];
    const address = parseAddress(uri);
    if (address === null) {
      return { ...asTyped(text), problem: NO_ADDRESS };
    }
    const { user, host } = address;
    if (host === '') {
      return this.#read(plainText(user).replaceAll('@', ''));
    }
    const { number, tones } = splitTones(plainText(user));
    const cleaned = digitsOf(number);
    const bare = plainText(user.replace(/;.*$/s, ''));
    const name = cleaned ?? digitsOf(bare) ?? encodedUser(bare);
    if (name === '') {
      return { ...asTyped(text), problem: NO_ADDRESS };
    }
    const target = `${name}@${host}`;
    const all = cleaned === null || tones === '' ? tail : `,${tones}${tail}`.replace(/^,,/, ',');
    return { number: target, target, tones: all, problem: '' };
  }

  #target(number: string): string {
    const outside = this.#outside(number);
    if (this.#numbering === null || outside === null) {
      return number;
    }
    const { code, trunk, international, outside: prefix } = this.#numbering;
    if (prefix === '+') {
      return `+${outside}`;
    }
    return outside.startsWith(code)
      ? `${prefix}${trunk}${outside.slice(code.length)}`
      : `${prefix}${international}${outside}`;
  }

  /** The country code and number of a number outside; null for one of the switch, and for all if the
      country is not known. */
  #outside(number: string): string | null {
    if (!/^\+?\d+$/.test(number)) {
      return null;
    }
    if (number.startsWith('+')) {
      return number.slice(1);
    }
    if (this.#numbering === null) {
      return null;
    }
    const { outside } = this.#numbering;
    return (
      this.#dialledOutside(number) ??
      // A person may type the prefix for an outside line as on a desk phone.
      (outside !== '' && number.startsWith(outside)
        ? this.#dialledOutside(number.slice(outside.length))
        : null)
    );
  }

  #dialledOutside(number: string): string | null {
    if (this.#numbering === null) {
      return null;
    }
    const { code, trunk, international, shortest, longest } = this.#numbering;
    for (const prefix of [international, '00']) {
      const rest = number.slice(prefix.length);
      if (number.startsWith(prefix) && countryCodeOf(rest) !== '' && rest.length >= 7) {
        return withoutTrunk(rest);
      }
    }
    const national = number.slice(trunk.length);
    if (
      trunk !== '' &&
      number.startsWith(trunk) &&
      !national.startsWith('0') &&
      national.length >= shortest
    ) {
      return code + national;
    }
    const isWithoutTrunk = trunk !== '0' && (hasLeadingZero(code) || !number.startsWith('0'));
    return isWithoutTrunk && number.length >= shortest && number.length <= longest
      ? code + number
      : null;
  }
}

/** The text without a scheme, a label and what stands around it. */
function labelled(text: string): string {
  const inner = IN_BRACKETS.exec(text)?.[1] ?? text;
  return inner.replace(AROUND, '').replace(LABEL, '');
}

/** The digits of a number, or of the letters on the pad; null if the text is a name. */
function numberOf(text: string): string | null {
  const bare = withoutSeparators(text);
  const isPhoneWord = LETTERS.test(bare) && bare.replace('+', '').length >= FEWEST_KEYS;
  return digitsOf(isPhoneWord ? bare.replace(/[A-Z]/gi, keyOf) : text);
}

/** The digits of a number; null if there is anything else in it. */
function digitsOf(text: string): string | null {
  const bare = withoutSeparators(text);
  if (!/^[\d+*#]*[\d*#]$/.test(bare)) {
    return null;
  }
  return bare.startsWith('+') ? `+${withoutTrunk(bare.slice(1))}` : bare;
}

function withoutSeparators(text: string): string {
  return (
    text
      .replace(BRACKETED_TRUNK, (all, before: string, code: string, trunk: string) =>
        trunk === trunkOf(code) && !hasLeadingZero(code) ? before : all,
      )
      .replace(SEPARATORS, '')
      // `00+49` and `++49` are typed for `+49`.
      .replace(/^[0+]*\+/, '+')
  );
}

/** The key of a letter on the pad (ITU-T E.161). */
function keyOf(letter: string): string {
  return String(KEYS.findIndex((letters) => letters.includes(letter.toUpperCase())) + 2);
}

/** Without the 0 of national numbers behind the country code, which many write there. */
function withoutTrunk(digits: string): string {
  const code = countryCodeOf(digits);
  const rest = digits.slice(code.length);
  return code === '' || hasLeadingZero(code) ? digits : code + rest.replace(/^0+/, '');
}

function isSeveral(digits: string): boolean {
  return digits.lastIndexOf('+') > 0;
}

/** The dial plan for what does not depend on the country. */
export const withoutCountry = new DialPlan(null);

/** The number of a text, without separators and tones, whatever the country is. */
export function cleanedNumber(typed: string): string {
  return withoutCountry.dialled(typed).number;
}
