/* The result of a check before a call, as a text. */

export interface CheckResult {
  readonly result: 'ok' | 'warning' | 'fault';
  /** The result and, if there is a fault, what to do; in full sentences. */
  readonly text: string;
}

export const ok = (text: string): CheckResult => ({ result: 'ok', text });
export const warning = (text: string): CheckResult => ({ result: 'warning', text });
export const fault = (text: string): CheckResult => ({ result: 'fault', text });
