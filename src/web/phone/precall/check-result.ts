/* What a check before a call has found, in words. */

export interface Verdict {
  readonly result: 'ok' | 'warning' | 'fault';
  /** What was found and, if that is no good, what to do; in full sentences. */
  readonly text: string;
}

export const ok = (text: string): Verdict => ({ result: 'ok', text });
export const warning = (text: string): Verdict => ({ result: 'warning', text });
export const fault = (text: string): Verdict => ({ result: 'fault', text });
