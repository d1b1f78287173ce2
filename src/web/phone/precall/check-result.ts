/* What a check before a call has found, in words. */

export interface CheckResult {
  readonly result: 'ok' | 'warning' | 'fault';
  /** What was found and, if that is no good, what to do; in full sentences. */
  readonly text: string;
}

export const ok = (text: string): CheckResult => ({ result: 'ok', text });
export const warning = (text: string): CheckResult => ({ result: 'warning', text });
export const fault = (text: string): CheckResult => ({ result: 'fault', text });
