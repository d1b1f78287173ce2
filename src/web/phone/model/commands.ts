/* The commands that a person can give the phone. The tab that is registered carries them out; other
   tabs of the same browser send them there. A command that does not fit the current state (such as
   answering a call that has ended meanwhile) is ignored. */
import type { Account } from './account';

export interface Commands {
  register(account: Account): void;
  /** Ends calls and registration. */
  unregister(): void;
  call(number: string): void;
  /** Answers a line; calls that are up are held, or ended if `others` says so. */
  answer(id: number, others?: 'hold' | 'end'): void;
  /** Declines a line; with `busy` the other side gets a busy response. */
  decline(id: number, reason?: 'declined' | 'busy'): void;
  hangUp(id: number): void;
  setMuted(id: number, muted: boolean): void;
  /** Sends one or several DTMF digits (several after a paste); other characters are left out. */
  sendDigits(id: number, digits: string): void;
  /** Sends the next tones of the number that was dialled, up to the next wait. */
  sendTones(id: number): void;
  hold(id: number): void;
  resume(id: number): void;
  /** Brings a line to the front: the open line is held, and this one resumed. */
  swapTo(id: number): void;
  /** Brings a line to the front without a change to any call. */
  open(id: number): void;
  /** Blind transfer. */
  transfer(id: number, number: string): void;
  /** Holds the line and calls the number, for a consultation before a transfer. */
  consult(id: number, number: string): void;
  /** Attended transfer: connects the two lines and leaves both. */
  completeTransfer(id: number, to: number): void;
  /** Cancels a consultation or a transfer that was not accepted, and resumes the line. */
  cancelTransfer(id: number): void;
  /** Moves all lines that are up to one conference room, and joins it. */
  merge(): void;
  setDoNotDisturb(on: boolean): void;
  /** Subscribes to the presence of exactly these extensions. */
  watch(extensions: readonly string[]): void;
  /** Dismisses the report of the ended call. */
  dismiss(): void;
}
