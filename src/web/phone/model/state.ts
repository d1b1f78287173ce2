/* The state of the phone as views show it. Plain frozen data: tabs exchange it by structured
   cloning, and only the model creates it. */
import type { Cause } from './causes';
import type { Direction, Outcome, Remote } from './call';

export type Registration =
  | { readonly state: 'none' }
  | { readonly state: 'registering'; readonly extension: string; readonly again: boolean }
  | { readonly state: 'registered'; readonly extension: string }
  | { readonly state: 'failed'; readonly extension: string; readonly cause: Cause };

/** `dialling`: sent, no response yet; `ringing`: here or at the other side; `answering`: accepted
    here, not yet established. */
export type LineState = 'dialling' | 'ringing' | 'answering' | 'active';

/** `holding` and `resuming` wait for the switch to accept the re-INVITE. */
export type Hold = 'no' | 'holding' | 'held' | 'resuming';

/** The transfer of a line. `requested`: the REFER is not answered yet. FreeSWITCH accepts a blind
    transfer before the target answers, so the last known state is `handed-over`; whether the target
    answered is unknown. */
export type Transfer =
  | { readonly state: 'requested'; readonly target: Remote }
  | { readonly state: 'handed-over'; readonly target: Remote }
  | { readonly state: 'failed'; readonly target: Remote; readonly cause: Cause };

/** The progress of the rescue of a call whose connection broke. */
export type Rescue = 'none' | 'reconnecting' | 'recovering';

/** Quality figures of a call's audio over the last few seconds. */
export interface Quality {
  /** Estimated mean opinion score, 1 to 4.5 (ITU-T G.107, simplified). */
  readonly mos: number;
  /** Share of received packets that were lost, 0 to 1. */
  readonly loss: number;
  /** Jitter, in milliseconds. */
  readonly jitter: number;
  /** Round-trip time, in milliseconds; null while unknown. */
  readonly roundTrip: number | null;
  /** Codec name as in SDP, for example `opus` or `PCMU`. */
  readonly codec: string;
  /** Bits per second received. */
  readonly bitrate: number;
}

/** An attempt to repair a fault. */
export interface RepairAttempt {
  /** What the step does, for example `Taking the microphone again`. */
  readonly name: string;
  readonly result: 'trying' | 'helped' | 'vain';
}

/** A fault of a call's audio that the phone has detected. `open`: no repair has helped, or none is
    possible; `mended`: repaired, and still shown; `over`: no longer shown. */
export interface Finding {
  readonly code: string;
  readonly at: number;
  /** The fault as it was detected, whatever its state is now. */
  readonly fault: string;
  /** The fault, or its end, as a title without a full stop. */
  readonly text: string;
  /** The likely cause and what to do, or which repair helped. */
  readonly remedy: string;
  /** With a warning a conversation is still possible. */
  readonly severity: 'warning' | 'fault';
  readonly state: 'mending' | 'open' | 'mended' | 'over';
  readonly steps: readonly RepairAttempt[];
}

/** Audio in one direction: `quiet` is too faint for speech, `silence` is packets without sound,
    `nothing` is no packets. */
export type Flow = 'unknown' | 'sound' | 'quiet' | 'silence' | 'nothing';

/** Current state of a call's audio. */
export interface Flows {
  readonly sending: Flow;
  readonly receiving: Flow;
  /** State of the audio element; null before there is something to play. */
  readonly playing: boolean | null;
  /** ICE candidate types of the two ends and protocol, as `host-srflx udp`; no address. */
  readonly route: string;
}

export interface Line {
  readonly id: number;
  readonly direction: Direction;
  /** Who is there now: a transfer, a pick-up or a parked call may have changed it. */
  readonly remote: Remote;
  /** Who called, or what was dialled, once that is another number than `remote`. */
  readonly original?: Remote;
  readonly state: LineState;
  readonly hold: Hold;
  /** The other side sends audio before the answer (early media). */
  readonly earlyMedia: boolean;
  /** Milliseconds since 1970, as all times here. */
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly muted: boolean;
  /** DTMF digits sent in this call. */
  readonly digits: string;
  /** Tones of the number that was dialled, which are still to be sent: `,` is a pause, `w` waits for
      the person. */
  readonly tones: string;
  /** What the switch was asked for, if it is not the number of the remote side. */
  readonly target?: string;
  readonly transfer: Transfer | null;
  /** The line for which this one is the consultation before a transfer. */
  readonly consults: number | null;
  /** Name of the conference room that this call was moved to. */
  readonly conference: string | null;
  readonly rescue: Rescue;
  /** During a rescue: whether audio still arrives; null while unknown. */
  readonly heard: boolean | null;
  /** A fault of the call while it goes on, for example an unplugged microphone. */
  readonly trouble: Cause | null;
  /** Newest last, about one per second, as many as the graph shows. */
  readonly quality: readonly Quality[];
  /** Null while unknown. */
  readonly flows: Flows | null;
  /** In the order of detection. */
  readonly findings: readonly Finding[];
}

export interface EndedCall {
  readonly direction: Direction;
  readonly remote: Remote;
  readonly original?: Remote;
  readonly outcome: Outcome;
  readonly startedAt: number;
  /** Null if the call was never answered. */
  readonly seconds: number | null;
  /** Over the whole call; null if nothing was measured. */
  readonly quality: Quality | null;
}

export interface Voicemail {
  readonly fresh: number;
  readonly old: number;
  /** Number of the voicemail box; empty for the phone's default. */
  readonly account: string;
}

/** State of a watched extension. */
export type Presence = 'unknown' | 'offline' | 'available' | 'ringing' | 'busy';

export interface PhoneState {
  readonly registration: Registration;
  /** Whether the WebSocket to the switch is up. */
  readonly connected: boolean;
  readonly lines: readonly Line[];
  /** The line that is open in front of the person; null without lines. */
  readonly openLine: number | null;
  readonly lastEnded: EndedCall | null;
  /** The number that was called last, for redialling. */
  readonly lastDialled: string;
  readonly doNotDisturb: boolean;
  /** Null until the switch has reported it. */
  readonly voicemail: Voicemail | null;
  readonly presence: ReadonlyMap<string, Presence>;
}

/** Whether the other side can hear tones: also before its answer, once it sends audio itself. */
export function takesTones({ state, hold, earlyMedia }: Line): boolean {
  return hold === 'no' && (state === 'active' || earlyMedia);
}

/** Whether an extension rings at this phone. */
export function isRinging(line: Line): boolean {
  return line.direction === 'in' && line.state === 'ringing';
}
