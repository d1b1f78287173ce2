/* The phone as a person has it: what can be asked of it, and what is seen. Each part of the
   work has a module of its own in this folder. */
import { load } from '../../shared/loading';
import type { AgentFactory, SipCall } from '../sip/edge';
import type { Account } from '../model/account';
import { Calling } from './call-control';
import { Care } from '../quality/lazy-monitor';
import type { CareMeans } from '../quality/monitor';
import type { Commands } from '../model/commands';
import { Conference, randomRoom, type RoomName } from './conference';
import { Holding } from './hold-control';
import { Lines } from '../lines/lines';
import { Registrar, type AgentNews } from './registration-client';
import type { KnownCall, Rescue, RescueMeans } from '../continuity/rescue';
import { soundOf, type Sounds } from '../tones/sounds';
import type { PhoneState } from '../model/state';
import { Store } from '../lines/store';
import { Transfers } from './transfers';

export interface PhoneOptions {
  readonly now: () => number;
  /** Whether a caller may have the phone answered without ringing (intercom). */
  readonly autoAnswer: () => boolean;
  readonly roomName: RoomName;
  /** Reaches nobody: who calls it takes over a call. Empty for the other side itself. */
  readonly recoveryUser: string;
  /** Calls of an account that another page left behind: taken over once this one is registered. */
  leftBehind(account: Account): Promise<readonly KnownCall[]>;
}

const NOTHING: Promise<readonly KnownCall[]> = Promise.resolve([]);

export class Phone implements Commands {
  readonly #store = new Store();
  readonly #sounds: Sounds;
  readonly #lines: Lines;
  readonly #holding: Holding;
  readonly #care: Care;
  readonly #registrar: Registrar;
  readonly #calling: Calling;
  readonly #transfers: Transfers;
  readonly #conference: Conference;
  readonly #recoveryUser: string;
  /** Loaded when the phone is registered; there is no call before. */
  #rescue: Rescue | null = null;
  readonly #findLeftBehind: PhoneOptions['leftBehind'];
  #leftBehind: Promise<readonly KnownCall[]> = NOTHING;

  constructor(agents: AgentFactory, sounds: Sounds, options: Partial<PhoneOptions> = {}) {
    const { now = Date.now, autoAnswer = () => false, recoveryUser = 'resume' } = options;
    const roomName = options.roomName ?? (() => Promise.resolve(randomRoom('30')));
    const dial: Calling['dial'] = (number, part) => {
      this.#calling.dial(number, part);
    };
    this.#sounds = sounds;
    this.#findLeftBehind = options.leftBehind ?? (() => NOTHING);
    this.#lines = new Lines(this.#store, now);
    this.#holding = new Holding(this.#lines);
    this.#transfers = new Transfers(this.#lines, this.#holding, dial);
    this.#conference = new Conference(this.#lines, this.#transfers, dial, roomName);
    this.#registrar = new Registrar(agents, this.#store, this.#news());
    this.#care = new Care(this.#careMeans(now));
    this.#calling = new Calling({
      store: this.#store,
      lines: this.#lines,
      holding: this.#holding,
      care: this.#care,
      now,
      autoAnswer,
      announce: () => {
        sounds.announce();
      },
      agent: () => this.#registrar.agent,
      answered: (id) => {
        this.#conference.answered(id);
      },
      replaced: (id, call) => this.#rescue?.replaced(id, call) ?? null,
      ended: (line) => {
        this.#transfers.ended(line);
        this.#registrar.retireIfIdle();
      },
    });
    this.#recoveryUser = recoveryUser;
    this.#store.subscribe(() => {
      this.#care.keepUp();
      sounds.play(soundOf(this.#lines.all));
    });
  }

  #careMeans(now: () => number): CareMeans {
    return {
      lines: this.#lines,
      now,
      isConnected: () => this.state.connected,
      takeOver: (id) => this.#rescue?.renew(id) ?? Promise.resolve(false),
      registerAgain: () => this.#registrar.agent?.renew(),
    };
  }

  get #rescueMeans(): RescueMeans {
    return {
      lines: this.#lines,
      recoveryUser: this.#recoveryUser,
      agent: () => this.#registrar.agent,
      listenerOf: (id) => this.#calling.listenerOf(id),
      restoreHold: (id, held) => {
        this.#holding.restore(id, held);
      },
    };
  }

  #news(): AgentNews {
    return {
      incoming: (call) => this.#calling.incoming(call),
      voicemail: (voicemail) => {
        this.#store.set({ voicemail });
      },
      presence: (extension, presence) => {
        const known = this.#store.state.presence;
        this.#store.set({ presence: new Map(known).set(extension, presence) });
      },
      lost: () => {
        this.#rescue?.lost();
      },
      registered: () => {
        this.#care.load();
        this.#rescue?.registered();
        void this.#adopt();
      },
    };
  }

  get state(): PhoneState {
    return this.#store.state;
  }

  /** Calls back after every change; the result ends that. */
  subscribe(observer: () => void): () => void {
    return this.#store.subscribe(observer);
  }

  /** The call behind a line, for what watches and mends its sound. */
  callOf(id: number): SipCall | undefined {
    return this.#lines.call(id);
  }

  /** All calls that are up, as another page could take them over; never to be shown or sent. */
  get known(): readonly KnownCall[] {
    return this.#rescue?.known ?? [];
  }

  register(account: Account): void {
    this.#leave();
    this.#leftBehind = this.#findLeftBehind(account);
    this.#registrar.register(account);
    // It takes a while, in which the connection is made.
    this.#sounds.unlock();
  }

  unregister(): void {
    this.#leave();
    this.#store.set({ registration: { state: 'none' }, lastEnded: null });
  }

  call(number: string): void {
    this.#calling.dial(number);
    this.#sounds.unlock();
  }

  answer(id: number, others: 'hold' | 'end' = 'hold'): void {
    this.#calling.answer(id, others);
  }

  decline(id: number, why: 'declined' | 'busy' = 'declined'): void {
    this.#lines.call(id)?.reject(why);
  }

  hangUp(id: number): void {
    if (this.#rescue?.endLater(id) !== true) {
      this.#lines.call(id)?.hangUp();
    }
  }

  setMuted(id: number, muted: boolean): void {
    this.#calling.setMuted(id, muted);
  }

  sendDigits(id: number, digits: string): void {
    this.#calling.sendDigits(id, digits);
  }

  hold(id: number): void {
    this.#holding.want(id, true);
  }

  resume(id: number): void {
    this.#holding.focus(id);
  }

  swapTo(id: number): void {
    this.#holding.focus(id);
  }

  open(id: number): void {
    this.#lines.open(id);
  }

  transfer(id: number, number: string): void {
    if (this.#isWhole(id)) {
      this.#transfers.blind(id, number);
    }
  }

  consult(id: number, number: string): void {
    if (this.#isWhole(id)) {
      this.#transfers.consult(id, number);
    }
  }

  completeTransfer(id: number, to: number): void {
    if (this.#isWhole(id) && this.#isWhole(to)) {
      this.#transfers.complete(id, to);
    }
  }

  cancelTransfer(id: number): void {
    this.#transfers.cancel(id);
  }

  merge(): void {
    if (this.#lines.active.every(({ id }) => this.#isWhole(id))) {
      void this.#conference.merge();
    }
  }

  setDoNotDisturb(on: boolean): void {
    this.#store.set({ doNotDisturb: on });
  }

  watch(extensions: readonly string[]): void {
    this.#registrar.watch(extensions);
  }

  dismiss(): void {
    if (this.state.lastEnded !== null) {
      this.#store.set({ lastEnded: null });
    }
  }

  /** Nothing is being rescued of it, so that its other side can be asked for something. */
  #isWhole(id: number): boolean {
    return this.#lines.find(id)?.rescue === 'none';
  }

  async #adopt(): Promise<void> {
    const { agent } = this.#registrar;
    const leftBehind = this.#leftBehind;
    this.#leftBehind = NOTHING;
    const [known, rescue] = await Promise.all([leftBehind, this.#loadRescue()]);
    if (this.#registrar.agent === agent) {
      rescue?.adopt(known);
    }
  }

  /** Null if it does not come; it is tried again with the next registration. */
  async #loadRescue(): Promise<Rescue | null> {
    const module = await load(() => import('../continuity/rescue')).catch(() => null);
    if (module !== null && this.#rescue === null) {
      this.#rescue = new module.Rescue(this.#rescueMeans);
      // What is known of calls is kept from now on.
      this.#store.set({});
    }
    return this.#rescue;
  }

  #leave(): void {
    this.#rescue?.clear();
    this.#registrar.leave();
    this.#lines.clear();
  }
}
