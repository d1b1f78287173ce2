/* What a person sees of the phone: is it registered, and which calls (lines) are there. One
   call at a time is offered for now, but nothing here counts on that except `#isBusy`. */
import type { Cause } from './sip/causes';
import type {
  Account,
  AgentFactory,
  CallListener,
  Direction,
  Outcome,
  Remote,
  SipAgent,
  SipCall,
} from './sip/edge';

export type Registration =
  | { readonly state: 'none' }
  | { readonly state: 'registering'; readonly extension: string; readonly again: boolean }
  | { readonly state: 'registered'; readonly extension: string }
  | { readonly state: 'failed'; readonly extension: string; readonly cause: Cause };

/** `dialling`: sent, nothing heard; `ringing`: at them or at us; `answering`: we said yes. */
export type LineState = 'dialling' | 'ringing' | 'answering' | 'active';

export interface Line {
  readonly id: number;
  readonly direction: Direction;
  readonly remote: Remote;
  readonly state: LineState;
  /** The other side sends audio before it answers. */
  readonly earlyMedia: boolean;
  readonly answeredAt: number | null;
  readonly muted: boolean;
  /** Digits sent in this call. */
  readonly digits: string;
}

export interface EndedCall {
  readonly direction: Direction;
  readonly remote: Remote;
  readonly outcome: Outcome;
  readonly seconds: number | null;
}

export interface PhoneState {
  readonly registration: Registration;
  readonly lines: readonly Line[];
  readonly lastEnded: EndedCall | null;
  /** What was called last, for calling it again. */
  readonly lastDialled: string;
}

export type Sound = 'none' | 'ringback' | 'ringing';

export interface Sounds {
  /** Called on a person's click: browsers let a page sound only after one. */
  unlock(): void;
  play(sound: Sound): void;
}

export class Phone {
  readonly #agents: AgentFactory;
  readonly #sounds: Sounds;
  readonly #now: () => number;
  readonly #observers = new Set<() => void>();
  readonly #calls = new Map<number, SipCall>();
  #agent: SipAgent | null = null;
  #nextId = 1;
  #state: PhoneState = {
    registration: { state: 'none' },
    lines: [],
    lastEnded: null,
    lastDialled: '',
  };

  constructor(agents: AgentFactory, sounds: Sounds, now: () => number = Date.now) {
    this.#agents = agents;
    this.#sounds = sounds;
    this.#now = now;
  }

  get state(): PhoneState {
    return this.#state;
  }

  /** Calls back after every change; the result ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  register(account: Account): void {
    this.#sounds.unlock();
    this.#leave();
    const extension = account.extension;
    let again = false;
    const current = (): boolean => this.#agent === agent;
    const show = (registration: Registration): void => {
      if (current()) {
        this.#set({ registration });
      }
    };
    const agent = this.#agents(account, {
      registering: () => {
        show({ state: 'registering', extension, again });
      },
      registered: () => {
        again = true;
        show({ state: 'registered', extension });
      },
      failed: (cause) => {
        show({ state: 'failed', extension, cause });
        this.#retireIfIdle();
      },
      incoming: (call) => this.#incoming(call),
    });
    this.#agent = agent;
    this.#set({ lastEnded: null });
    agent.start();
  }

  /** Ends calls and registration; also when the page goes away. */
  unregister(): void {
    this.#leave();
    this.#set({ registration: { state: 'none' }, lastEnded: null });
  }

  call(number: string): void {
    const target = number.trim();
    const agent = this.#agent;
    if (target === '' || agent === null || this.#isBusy()) {
      return;
    }
    this.#sounds.unlock();
    const id = this.#nextId++;
    const call = agent.call(target, this.#listenerOf(id));
    this.#add(id, call, 'dialling');
    this.#set({ lastDialled: target, lastEnded: null });
  }

  answer(id: number): void {
    const line = this.#line(id);
    if (line?.direction === 'in' && line.state === 'ringing') {
      this.#change(id, { state: 'answering' });
      this.#calls.get(id)?.answer();
    }
  }

  decline(id: number): void {
    this.#calls.get(id)?.reject('declined');
  }

  hangUp(id: number): void {
    this.#calls.get(id)?.hangUp();
  }

  setMuted(id: number, muted: boolean): void {
    if (this.#line(id)?.state === 'active') {
      this.#calls.get(id)?.setMuted(muted);
      this.#change(id, { muted });
    }
  }

  sendDigit(id: number, digit: string): void {
    const line = this.#line(id);
    if (line?.state === 'active' && /^[0-9*#]$/.test(digit)) {
      this.#calls.get(id)?.sendDigits(digit);
      this.#change(id, { digits: line.digits + digit });
    }
  }

  /** The person has read what became of the last call. */
  dismiss(): void {
    if (this.#state.lastEnded !== null) {
      this.#set({ lastEnded: null });
    }
  }

  #leave(): void {
    const agent = this.#agent;
    this.#agent = null;
    agent?.stop();
    this.#calls.clear();
    this.#set({ lines: [] });
  }

  #incoming(call: SipCall): CallListener | null {
    if (this.#isBusy()) {
      call.reject('busy');
      return null;
    }
    const id = this.#nextId++;
    this.#set({ lastEnded: null });
    this.#add(id, call, 'ringing');
    return this.#listenerOf(id);
  }

  #isBusy(): boolean {
    return this.#state.lines.length > 0;
  }

  #listenerOf(id: number): CallListener {
    return {
      progress: ({ ringing, media }) => {
        const line = this.#line(id);
        if (line?.state === 'dialling' || line?.state === 'ringing') {
          const state = ringing ? 'ringing' : line.state;
          this.#change(id, { state, earlyMedia: line.earlyMedia || media });
        }
      },
      answered: () => {
        this.#change(id, { state: 'active', answeredAt: this.#now() });
      },
      ended: (outcome) => {
        this.#ended(id, outcome);
      },
    };
  }

  #ended(id: number, outcome: Outcome): void {
    const line = this.#line(id);
    if (line === undefined) {
      return;
    }
    this.#calls.delete(id);
    const { direction, remote, answeredAt } = line;
    const seconds = answeredAt === null ? null : Math.floor((this.#now() - answeredAt) / 1000);
    this.#set({
      lines: this.#state.lines.filter((other) => other.id !== id),
      lastEnded: { direction, remote, outcome, seconds },
    });
    this.#retireIfIdle();
  }

  /** A refused registration ends the agent, but never under a call that is still up. */
  #retireIfIdle(): void {
    if (this.#state.registration.state === 'failed' && !this.#isBusy()) {
      const agent = this.#agent;
      this.#agent = null;
      agent?.stop();
    }
  }

  #add(id: number, call: SipCall, state: LineState): void {
    const { direction, remote } = call;
    const line: Line = {
      id,
      direction,
      remote,
      state,
      earlyMedia: false,
      answeredAt: null,
      muted: false,
      digits: '',
    };
    this.#calls.set(id, call);
    this.#set({ lines: [...this.#state.lines, line] });
  }

  #line(id: number): Line | undefined {
    return this.#state.lines.find((line) => line.id === id);
  }

  #change(id: number, part: Partial<Line>): void {
    this.#set({
      lines: this.#state.lines.map((line) => (line.id === id ? { ...line, ...part } : line)),
    });
  }

  #set(part: Partial<PhoneState>): void {
    this.#state = { ...this.#state, ...part };
    this.#sounds.play(soundOf(this.#state.lines));
    for (const observer of this.#observers) {
      observer();
    }
  }
}

function soundOf(lines: readonly Line[]): Sound {
  if (lines.some((line) => line.direction === 'in' && line.state === 'ringing')) {
    return 'ringing';
  }
  const waits = lines.some(
    (line) => line.direction === 'out' && line.state === 'ringing' && !line.earlyMedia,
  );
  return waits ? 'ringback' : 'none';
}
