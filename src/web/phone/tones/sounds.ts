import { isRinging, type Line } from '../model/state';

/** `waiting`: a call comes in while another is there. */
export type SignalTone = 'none' | 'ringback' | 'ringing' | 'waiting';

export interface SignalTones {
  /** Called on a person's click: browsers let a page sound only after one. */
  unlock(): void;
  play(sound: SignalTone): void;
  /** Once, before the person can be heard: the phone has answered by itself. */
  announce(): void;
}

/** What is to be heard of these lines, apart from the calls themselves. */
export function signalToneOf(lines: readonly Line[]): SignalTone {
  if (lines.some(isRinging)) {
    return lines.some(isUnderWay) ? 'waiting' : 'ringing';
  }
  const waits = lines.some(
    (line) => line.direction === 'out' && line.state === 'ringing' && !line.earlyMedia,
  );
  return waits ? 'ringback' : 'none';
}

function isUnderWay(line: Line): boolean {
  return line.direction === 'out' || line.state !== 'ringing';
}
