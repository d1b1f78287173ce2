/* Callers that withhold their number: what switches send in its place. */
import type { Remote } from './call';

/** RFC 3323, section 3.3: the URI of a caller who is not to be known. */
export const ANONYMOUS: Remote = { name: '', number: 'anonymous' };

/** What switches send in the place of a withheld name or number; ten zeros are FreeSWITCH's. */
const PLACEHOLDER =
  /^(?:anonym(?:ous)?|(?:unknown|private|restricted)(?: (?:caller|number))?|(?:number )?(?:withheld|unavailable|blocked)|no caller id|\+?0{6,})$/i;

export function isAnonymous(number: string): boolean {
  return number.toLowerCase() === ANONYMOUS.number;
}

/** A caller, with an empty name or number where it is withheld. */
export function withoutPlaceholders({ name, number }: Remote): Remote {
  const given = (text: string): string => (PLACEHOLDER.test(text.trim()) ? '' : text);
  return { name: given(name), number: given(number) };
}
