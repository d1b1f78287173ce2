/* The remote side, the direction and the outcome of a call. */
import type { Cause } from './causes';

/** Name and number of the remote side as it sends them. Hostile text is possible: use it as text
    only, never as markup. */
export interface Remote {
  readonly name: string;
  /** Empty if the caller withholds it: then there is nothing to call back. */
  readonly number: string;
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
