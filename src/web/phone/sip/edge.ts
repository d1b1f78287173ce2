/* The edge between the model of calls and SIP: what the model may ask for, and what it is
   told. Tests put a scripted agent in the place of the one around JsSIP. */
import type { Cause } from './causes';

export interface Account {
  readonly extension: string;
  /** Held in memory for as long as the agent lives, written nowhere. */
  readonly password: string;
  readonly server: string;
  readonly domain: string;
}

/** Who is at the other end, as they say; hostile text is possible, so it is only ever text. */
export interface Remote {
  readonly name: string;
  readonly number: string;
}

export type Direction = 'in' | 'out';

/** How a call ended. */
export type Outcome =
  | { readonly kind: 'normal' }
  | { readonly kind: 'missed' }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'failed'; readonly cause: Cause };

export interface CallListener {
  /** The other side was found: it rings, or sends audio already (a tone, an announcement). */
  progress(heard: { readonly ringing: boolean; readonly media: boolean }): void;
  answered(): void;
  /** The last word of a call; nothing follows it. */
  ended(outcome: Outcome): void;
}

export interface SipCall {
  readonly direction: Direction;
  readonly remote: Remote;
  answer(): void;
  reject(why: 'declined' | 'busy'): void;
  hangUp(): void;
  setMuted(muted: boolean): void;
  sendDigits(digits: string): void;
}

export interface AgentListener {
  /** Not registered at the moment, and working on it. */
  registering(): void;
  registered(): void;
  /** The agent has given up. */
  failed(cause: Cause): void;
  /** A call comes in; who is returned hears what becomes of it. Null if it was turned away. */
  incoming(call: SipCall): CallListener | null;
}

export interface SipAgent {
  start(): void;
  /** Unregisters and ends what is up. The agent says nothing after that. */
  stop(): void;
  /** The listener hears nothing before this has returned. */
  call(number: string, listener: CallListener): SipCall;
}

export type AgentFactory = (account: Account, listener: AgentListener) => SipAgent;
