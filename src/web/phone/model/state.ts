/* What a person sees of the phone. Plain frozen data: views draw it, tabs exchange it (it
   survives structured cloning), and only the model in this folder makes new ones. */
import type { Cause } from './causes';
import type { Direction, Outcome, Remote } from './call';

export type Registration =
  | { readonly state: 'none' }
  | { readonly state: 'registering'; readonly extension: string; readonly again: boolean }
  | { readonly state: 'registered'; readonly extension: string }
  | { readonly state: 'failed'; readonly extension: string; readonly cause: Cause };

/** `dialling`: sent, nothing heard; `ringing`: at them or at us; `answering`: we said yes. */
export type LineState = 'dialling' | 'ringing' | 'answering' | 'active';

/** `holding` and `resuming` wait for the switch to agree. */
export type Hold = 'no' | 'holding' | 'held' | 'resuming';

/** A transfer of a line. FreeSWITCH says yes to a blind one before the target answers, so the
    last thing known is `handed-over`, never that somebody took it. */
export type Transfer =
  | { readonly state: 'asking'; readonly target: Remote }
  | { readonly state: 'handed-over'; readonly target: Remote }
  | { readonly state: 'failed'; readonly target: Remote; readonly cause: Cause };

/** What is being done for a call whose connection broke. */
export type Rescue = 'none' | 'reconnecting' | 'recovering';

/** Figures of a call's sound, of the last few seconds. */
export interface Quality {
  /** Estimated mean opinion score, 1 to 4.5 (ITU-T G.107, simplified). */
  readonly mos: number;
  /** Share of packets lost on the way here, 0 to 1. */
  readonly loss: number;
  /** Milliseconds. */
  readonly jitter: number;
  /** Milliseconds; null while not known. */
  readonly roundTrip: number | null;
  /** As in SDP, for example `opus` or `PCMU`. */
  readonly codec: string;
  /** Bits per second received. */
  readonly bitrate: number;
}

/** An attempt to repair a fault. */
export interface RepairAttempt {
  /** What is done, as `Taking the microphone again`. */
  readonly name: string;
  readonly result: 'trying' | 'helped' | 'vain';
}

/** A fault of a call's sound that the phone has found by itself. `open`: no repair has helped, or
    there is none to try; `mended`: repaired, and still shown; `over`: no longer shown. */
export interface Finding {
  readonly code: string;
  readonly at: number;
  /** What was wrong, whatever has become of it. */
  readonly fault: string;
  /** What is wrong, or is right again; without a full stop. */
  readonly text: string;
  /** The likely cause and what to do, or what helped. */
  readonly remedy: string;
  /** A warning does not keep anybody from talking. */
  readonly severity: 'warning' | 'fault';
  readonly state: 'mending' | 'open' | 'mended' | 'over';
  readonly steps: readonly RepairAttempt[];
}

/** What flows in one direction: `quiet` is too faint for speech, `silence` are packets without
    sound, `nothing` is no packets. */
export type Flow = 'unknown' | 'sound' | 'quiet' | 'silence' | 'nothing';

/** How it stands with a call's sound at this moment. */
export interface Flows {
  readonly sending: Flow;
  readonly receiving: Flow;
  /** Null before there is something to play. */
  readonly playing: boolean | null;
  /** Kinds of the two ends and protocol, as `host-srflx udp`; no address. */
  readonly route: string;
}

export interface Line {
  readonly id: number;
  readonly direction: Direction;
  readonly remote: Remote;
  readonly state: LineState;
  readonly hold: Hold;
  /** The other side sends audio before it answers. */
  readonly earlyMedia: boolean;
  /** Milliseconds since 1970, as all times here. */
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly muted: boolean;
  /** Digits sent in this call. */
  readonly digits: string;
  readonly transfer: Transfer | null;
  /** The line that this one was called from in order to ask before a transfer. */
  readonly consults: number | null;
  /** Name of the conference room that this call was moved to. */
  readonly conference: string | null;
  readonly rescue: Rescue;
  /** While it is being rescued: whether sound still arrives; null if that is not known. */
  readonly heard: boolean | null;
  /** What is wrong with the call while it goes on, a microphone that was unplugged say. */
  readonly trouble: Cause | null;
  /** Newest last, one about every second, as many as the graph shows. */
  readonly quality: readonly Quality[];
  /** Null until it is known. */
  readonly flows: Flows | null;
  /** In their order. */
  readonly findings: readonly Finding[];
}

export interface EndedCall {
  readonly direction: Direction;
  readonly remote: Remote;
  readonly outcome: Outcome;
  readonly startedAt: number;
  /** Null if it was never answered. */
  readonly seconds: number | null;
  /** Over the whole call; null if nothing was measured. */
  readonly quality: Quality | null;
}

export interface Voicemail {
  readonly fresh: number;
  readonly old: number;
  /** Number that calls the box; empty for the phone's default. */
  readonly account: string;
}

/** What a watched extension is doing. */
export type Presence = 'unknown' | 'offline' | 'available' | 'ringing' | 'busy';

export interface PhoneState {
  readonly registration: Registration;
  /** Whether the WebSocket to the switch is up. */
  readonly connected: boolean;
  readonly lines: readonly Line[];
  /** The line that is open in front of the person; null without lines. */
  readonly openLine: number | null;
  readonly lastEnded: EndedCall | null;
  /** What was called last, for calling it again. */
  readonly lastDialled: string;
  readonly doNotDisturb: boolean;
  /** Null until the switch has told. */
  readonly voicemail: Voicemail | null;
  readonly presence: ReadonlyMap<string, Presence>;
}

/** Rings at this phone. */
export function isRinging(line: Line): boolean {
  return line.direction === 'in' && line.state === 'ringing';
}
