/* The remote side, the direction and the outcome of a call. */
import type { Cause } from './causes';

/** Name and number of the remote side as it sends them. Hostile text is possible: use it as text
    only, never as markup. */
export interface Remote {
  readonly name: string;
  /** Empty if the caller withholds it: then there is nothing to call back. */
  readonly number: string;
}

/** What switches send in the place of a withheld name or number; ten zeros are FreeSWITCH's. */
const WITHHELD =
  /^(?:anonym(?:ous)?|(?:unknown|private|restricted)(?: (?:caller|number))?|(?:number )?(?:withheld|unavailable|blocked)|no caller id|\+?0{6,})$/i;

/** A caller, without what stands for a withheld name or number. */
export function callerOf({ name, number }: Remote): Remote {
  const given = (text: string): string => (WITHHELD.test(text.trim()) ? '' : text);
  return { name: given(name), number: given(number) };
}

export type Direction = 'in' | 'out';

/** How a call ended. */
export type Outcome =
  | { readonly kind: 'normal' }
  | { readonly kind: 'missed' }
  | { readonly kind: 'elsewhere' }
  /** The call ended while the phone had no connection; which side ended it is unknown. */
  | { readonly kind: 'gone' }
  /** The call was transferred; whether the target answered is unknown. */
  | { readonly kind: 'handed-over'; readonly target: Remote }
  | { readonly kind: 'failed'; readonly cause: Cause };

/** The outcome of a failed call. */
export function failed(cause: Cause): Outcome {
  return { kind: 'failed', cause };
}
