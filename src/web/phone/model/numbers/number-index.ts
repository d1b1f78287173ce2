/* Finds what belongs to a number in any notation. */
import { countryCodeOf } from './country-codes';

/** Numbers of fewer digits are compared as a whole: extensions end alike. */
const FEWEST_DIGITS = 7;

interface Entry<Value> {
  readonly key: string;
  readonly value: Value;
}

/** Values by number. Without the country `0301234567` and `+49301234567` are the same number if what
    precedes their common end is a country code, or a prefix. */
export class NumberIndex<Value> {
  readonly #exact = new Map<string, Value>();
  readonly #byEnd = new Map<string, Entry<Value>[]>();
  readonly #key: (number: string) => string;

  /** @param key The form of a number for comparing, as the dial plan gives it. */
  constructor(entries: Iterable<readonly [string, Value]>, key: (number: string) => string) {
    this.#key = key;
    for (const [number, value] of entries) {
      this.add(number, value);
    }
  }

  /** The value of a number: the first one that was given of the same notation, else that of the only
      number that it may be. */
  find(number: string): Value | undefined {
    const key = this.#key(number);
    const exact = this.#exact.get(key);
    if (exact !== undefined) {
      return exact;
    }
    const alike = (this.#byEnd.get(endOf(key)) ?? []).filter((one) => isSame(one.key, key));
    // Of two numbers that may both be it, neither is taken.
    return alike.every((one) => isSame(one.key, alike[0]?.key ?? '')) ? alike[0]?.value : undefined;
  }

  /** Adds a value, unless its number has one in the same notation. */
  add(number: string, value: Value): void {
    const key = this.#key(number);
    if (key === '' || this.#exact.has(key)) {
      return;
    }
    this.#exact.set(key, value);
    const end = endOf(key);
    if (end !== '') {
      const others = this.#byEnd.get(end) ?? [];
      this.#byEnd.set(end, [...others, { key, value }]);
    }
  }
}

/** Whether two keys are notations of one number. */
function isSame(one: string, other: string): boolean {
  if (one === other) {
    return true;
  }
  const [long, short] = [partsOf(one), partsOf(other)].sort(
    (first, second) => second.digits.length - first.digits.length,
  );
  if (long === undefined || short === undefined || short.digits.length < FEWEST_DIGITS) {
    return false;
  }
  const before = long.digits.slice(0, long.digits.length - short.digits.length);
  return (
    long.digits.endsWith(short.digits) &&
    (before === '' ||
      // Only a number without a country code may lack one.
      (!short.isInternational && !long.isNational && isCountryCode(before.replace(/0$/, ''))))
  );
}

interface Parts {
  /** Without prefixes. */
  readonly digits: string;
  readonly isInternational: boolean;
  readonly isNational: boolean;
}

function partsOf(key: string): Parts {
  const [, prefix = '', digits = ''] = /^(\+|00|011(?=\d{9})|0)?(\d+)$/.exec(key) ?? [];
  return {
    digits: digits.replace(/^0+/, ''),
    isInternational: prefix !== '' && prefix !== '0',
    isNational: prefix === '0',
  };
}

function isCountryCode(digits: string): boolean {
  return digits !== '' && countryCodeOf(digits) === digits;
}

/** The digits by which alike numbers are found; empty for short ones and for names. */
function endOf(key: string): string {
  const { digits } = partsOf(key);
  return digits.length < FEWEST_DIGITS ? '' : digits.slice(-FEWEST_DIGITS);
}
