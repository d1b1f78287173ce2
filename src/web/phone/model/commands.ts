/* What a person can ask of the phone. The model does it in the tab that is registered; in
   another tab of the same browser the commands travel there. A command that does not fit the
   state of things (answering a call that has ended meanwhile) is quietly none. */
import type { Account } from './account';

export interface Commands {
  register(account: Account): void;
  /** Ends calls and registration. */
  unregister(): void;
  call(number: string): void;
  /** Answers; a call that is up is held, or ended if `others` says so. */
  answer(id: number, others?: 'hold' | 'end'): void;
  /** `busy` is what the other side hears of it. */
  decline(id: number, why?: 'declined' | 'busy'): void;
  hangUp(id: number): void;
  setMuted(id: number, muted: boolean): void;
  /** One digit or many (a paste); those that are none are left out. */
  sendDigits(id: number, digits: string): void;
  hold(id: number): void;
  resume(id: number): void;
  /** Brings a line to the front: what was open is held, and this one resumed. */
  swapTo(id: number): void;
  /** Brings a line to the front without a change to any call. */
  open(id: number): void;
  /** Blind transfer. */
  transfer(id: number, number: string): void;
  /** Holds the line and calls the number, to ask before a transfer. */
  consult(id: number, number: string): void;
  /** Attended transfer: connects the two and leaves both. */
  completeTransfer(id: number, to: number): void;
  /** Gives up a consultation or a transfer that was not accepted, and resumes the line. */
  cancelTransfer(id: number): void;
  /** Moves all lines that are up to one conference room, and joins it. */
  merge(): void;
  setDoNotDisturb(on: boolean): void;
  /** Watches these extensions, and no others. */
  watch(extensions: readonly string[]): void;
  /** The person has read what became of the last call. */
  dismiss(): void;
}
