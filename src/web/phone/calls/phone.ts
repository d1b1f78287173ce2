/* The phone of one tab: its commands and its state. Each part of the work has a module of its own
   in this folder. */
import { load } from '../../shared/loading';
import type { AgentFactory } from '../sip/edge';
import type { Account } from '../model/account';
import { CallControl } from './call-control';
import { LazyQualityMonitor } from '../quality/lazy-monitor';
import type { QualityMonitorDeps } from '../quality/monitor';
import type { Commands } from '../model/commands';
import { Conference, randomRoom, type RoomName } from './conference';
import { HoldControl } from './hold-control';
import { Lines } from '../lines/lines';
import { RegistrationClient, type AgentEvents } from './registration-client';
import type { KnownCall, CallRescue, RescueDeps } from '../continuity/rescue';
import { signalToneOf, type SignalTones } from '../tones/sounds';
import { asTyped, type Dial } from '../model/numbers/dialled';
import type { PhoneState } from '../model/state';
import { Store } from '../lines/store';
import { Transfers } from './transfers';

export interface PhoneOptions {
  readonly now: () => number;
  /** Whether a caller may have the phone answered without ringing (intercom). */
  readonly autoAnswer: () => boolean;
  readonly roomName: RoomName;
  /** What is dialled for a number that a person typed or chose. */
  readonly dialled: Dial;
  /** Number without an extension, for taking calls over. Empty to call the other side itself. */
  readonly recoveryUser: string;
  /** Calls of an account that another page left behind; they are taken over once the account is
      registered. */
  callsToAdopt(account: Account): Promise<readonly KnownCall[]>;
}

const NO_CALLS: Promise<readonly KnownCall[]> = Promise.resolve([]);

export class Phone implements Commands {
  readonly #store = new Store();
  readonly #sounds: SignalTones;
  readonly #lines: Lines;
  readonly #holdControl: HoldControl;
  readonly #monitor: LazyQualityMonitor;
  readonly #registration: RegistrationClient;
  readonly #callControl: CallControl;
  readonly #transfers: Transfers;
  readonly #conference: Conference;
  readonly #recoveryUser: string;
  /** Loaded once the phone is registered; before that there are no calls. */
  #rescue: CallRescue | null = null;
  readonly #findCallsToAdopt: PhoneOptions['callsToAdopt'];
  #callsToAdopt: Promise<readonly KnownCall[]> = NO_CALLS;

  constructor(agents: AgentFactory, sounds: SignalTones, options: Partial<PhoneOptions> = {}) {
    const { now = Date.now, dialled = asTyped, recoveryUser = 'resume' } = options;
    const roomName = options.roomName ?? (() => Promise.resolve(randomRoom('30')));
    const dial: CallControl['dial'] = (typed, part) => {
      this.#callControl.dial(typed, part);
    };
    this.#sounds = sounds;
    this.#findCallsToAdopt = options.callsToAdopt ?? (() => NO_CALLS);
    this.#lines = new Lines(this.#store, now);
    this.#holdControl = new HoldControl(this.#lines);
    this.#transfers = new Transfers(this.#lines, this.#holdControl, dial, dialled);
    this.#conference = new Conference(this.#lines, this.#transfers, dial, roomName);
    this.#registration = new RegistrationClient(agents, this.#store, this.#agentEvents());
    this.#monitor = new LazyQualityMonitor(this.#monitorDeps(now));
    this.#callControl = new CallControl({
      store: this.#store,
      lines: this.#lines,
      holdControl: this.#holdControl,
      monitor: this.#monitor,
      now,
      autoAnswer: options.autoAnswer ?? (() => false),
      dialled,
      announce: () => {
        sounds.announce();
      },
      agent: () => this.#registration.agent,
      onAnswered: (id) => {
        this.#conference.onAnswered(id);
      },
      replaced: (id, call) => this.#rescue?.replaced(id, call) ?? null,
      onEnded: (line) => {
        this.#transfers.onLineEnded(line);
        this.#registration.stopIfIdle();
      },
    });
    this.#recoveryUser = recoveryUser;
    this.#store.subscribe(() => {
      this.#onChanged();
    });
  }

  #onChanged(): void {
    this.#monitor.update();
    this.#sounds.play(signalToneOf(this.#lines.all));
  }

  #monitorDeps(now: () => number): QualityMonitorDeps {
    return {
      lines: this.#lines,
      now,
      isConnected: () => this.state.connected,
      takeOver: (id) => this.#rescue?.renew(id) ?? Promise.resolve(false),
      registerAgain: () => this.#registration.agent?.reconnect(),
    };
  }

  get #rescueDeps(): RescueDeps {
    return {
      lines: this.#lines,
      recoveryUser: this.#recoveryUser,
      agent: () => this.#registration.agent,
      listenerOf: (id) => this.#callControl.listenerOf(id),
      restoreHold: (id, held) => {
        this.#holdControl.restore(id, held);
      },
    };
  }

  #agentEvents(): AgentEvents {
    return {
      incoming: (call) => this.#callControl.incoming(call),
      voicemail: (voicemail) => {
        this.#store.set({ voicemail });
      },
      presence: (extension, presence) => {
        const known = this.#store.state.presence;
        this.#store.set({ presence: new Map(known).set(extension, presence) });
      },
      onConnectionLost: () => {
        this.#rescue?.onConnectionLost();
      },
      onRegistered: () => {
        this.#monitor.load();
        this.#rescue?.onRegistered();
        void this.#adoptCalls();
      },
    };
  }

  get state(): PhoneState {
    return this.#store.state;
  }

  /** Calls back after every change; the returned function ends that. */
  subscribe(observer: () => void): () => void {
    return this.#store.subscribe(observer);
  }

  /** All calls that are up, as another page could take them over. Secret: never to be shown or
      sent. */
  get knownCalls(): readonly KnownCall[] {
    return this.#rescue?.knownCalls ?? [];
  }

  register(account: Account): void {
    this.#reset();
    this.#callsToAdopt = this.#findCallsToAdopt(account);
    this.#registration.register(account);
    // Loading takes a while, in which the connection is made.
    this.#sounds.unlock();
  }

  unregister(): void {
    this.#reset();
    this.#store.set({ registration: { state: 'none' }, lastEnded: null });
  }

  call(number: string): void {
    this.#callControl.dial(number);
    this.#sounds.unlock();
  }

  answer(id: number, others: 'hold' | 'end' = 'hold'): void {
    this.#callControl.answer(id, others);
  }

  decline(id: number, reason: 'declined' | 'busy' = 'declined'): void {
    this.#lines.call(id)?.reject(reason);
  }

  hangUp(id: number): void {
    if (this.#rescue?.hangUpLater(id) !== true) {
      this.#lines.call(id)?.hangUp();
    }
  }

  setMuted(id: number, muted: boolean): void {
    this.#callControl.setMuted(id, muted);
  }

  sendDigits(id: number, digits: string): void {
    this.#callControl.sendDigits(id, digits);
  }

  sendTones(id: number): void {
    this.#callControl.sendTones(id);
  }

  hold(id: number): void {
    this.#holdControl.want(id, true);
  }

  resume(id: number): void {
    this.#holdControl.switchTo(id);
  }

  swapTo(id: number): void {
    this.#holdControl.switchTo(id);
  }

  open(id: number): void {
    this.#lines.open(id);
  }

  transfer(id: number, number: string): void {
    if (this.#isIntact(id)) {
      this.#transfers.blind(id, number);
    }
  }

  consult(id: number, number: string): void {
    if (this.#isIntact(id)) {
      this.#transfers.consult(id, number);
    }
  }

  completeTransfer(id: number, to: number): void {
    if (this.#isIntact(id) && this.#isIntact(to)) {
      this.#transfers.complete(id, to);
    }
  }

  cancelTransfer(id: number): void {
    this.#transfers.cancel(id);
  }

  merge(): void {
    if (this.#lines.active.every(({ id }) => this.#isIntact(id))) {
      void this.#conference.merge();
    }
  }

  setDoNotDisturb(on: boolean): void {
    this.#store.set({ doNotDisturb: on });
  }

  watch(extensions: readonly string[]): void {
    this.#registration.watch(extensions);
  }

  dismiss(): void {
    if (this.state.lastEnded !== null) {
      this.#store.set({ lastEnded: null });
    }
  }

  /** Whether requests can be sent in the dialog of a line: not during a rescue. */
  #isIntact(id: number): boolean {
    return this.#lines.find(id)?.rescue === 'none';
  }

  async #adoptCalls(): Promise<void> {
    const { agent } = this.#registration;
    const callsToAdopt = this.#callsToAdopt;
    this.#callsToAdopt = NO_CALLS;
    const [known, rescue] = await Promise.all([callsToAdopt, this.#loadRescue()]);
    if (this.#registration.agent === agent) {
      rescue?.adopt(known);
    }
  }

  /** Null if loading failed; it is tried again with the next registration. */
  async #loadRescue(): Promise<CallRescue | null> {
    const module = await load(() => import('../continuity/rescue')).catch(() => null);
    if (module !== null && this.#rescue === null) {
      this.#rescue = new module.CallRescue(this.#rescueDeps);
      // From now on the rescue has the current calls.
      this.#store.set({});
    }
    return this.#rescue;
  }

  #reset(): void {
    this.#rescue?.clear();
    this.#registration.stop();
    this.#lines.clear();
  }
}
