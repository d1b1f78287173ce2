/* The two sides, the direction and the outcome of a call. */
import type { Cause } from './causes';

/** Who is at the other end, as they say; hostile text is possible, so it is only ever text. */
export interface Remote {
  readonly name: string;
  readonly number: string;
}

export type Direction = 'in' | 'out';

/** How a call ended. */
export type Outcome =
  | { readonly kind: 'normal' }
  | { readonly kind: 'missed' }
  | { readonly kind: 'elsewhere' }
  /** It ended while the phone had no connection: by whom is not known. */
  | { readonly kind: 'gone' }
  /** Transferred; whether the target took it is not known. */
  | { readonly kind: 'handed-over'; readonly target: Remote }
  | { readonly kind: 'failed'; readonly cause: Cause };

/** The outcome of a call that went wrong. */
export function failed(why: Cause): Outcome {
  return { kind: 'failed', cause: why };
}
