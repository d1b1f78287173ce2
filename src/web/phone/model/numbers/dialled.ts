/* What is dialled, as the dial plan decides it. */

export interface Dialled {
  /** The number as the phone knows, shows and keeps it; dialled again it has the same target. */
  readonly number: string;
  /** What the switch is asked for. */
  readonly target: string;
  /** Sent after the answer: digits, `,` for a pause of two seconds, `w` for a wait. */
  readonly tones: string;
  /** Why it cannot be dialled; empty if it can. */
  readonly problem: string;
}

export type Dial = (typed: string) => Dialled;

/** A number that is dialled as it stands. */
export function asTyped(typed: string): Dialled {
  const number = typed.trim();
  return { number, target: number, tones: '', problem: '' };
}
