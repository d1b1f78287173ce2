import { isRinging, type Line } from '../model/state';

/** `waiting`: a call comes in during another one. */
export type SignalTone = 'none' | 'ringback' | 'ringing' | 'waiting';

export interface SignalTones {
  /** Unlocks sound; to be called on a person's click, because browsers block it before. */
  unlock(): void;
  play(sound: SignalTone): void;
  /** Plays the announcement of an automatic answer (intercom) once, before the microphone is heard. */
  announce(): void;
}

/** The sound that these lines need, apart from the audio of the calls. */
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
