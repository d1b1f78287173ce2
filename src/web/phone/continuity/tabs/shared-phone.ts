/* The phone of all tabs of this browser that have the same account, as if it were one: views
   need not know in which tab it is registered. */
import { type Account, addressOf, type Digest } from '../../model/account';
import type { PhoneState, Registration } from '../../model/state';
import { load } from '../../../shared/loading';
import { cause } from '../../model/causes';
import type { AgentFactory } from '../../sip/edge';
import { CommandSender, perform, type Command } from './command';
import type { Locks } from './group';
import type { LocalPhone } from './local-phone';
import type { Seat, SeatListener } from './membership';

type SeatModule = typeof import('./membership');

/** Where the calls of this phone have their sound. */
export type Place = 'here' | 'other-tab';

export type Proven = (account: Account, digest: Digest) => void;

/** The same agents; tells what stands for the password once a switch has asked for it. */
export function withProof(agents: AgentFactory, proven: Proven): AgentFactory {
  return (account, listener) =>
    agents(account, {
      ...listener,
      registered: (digest) => {
        if (digest !== undefined) {
          proven(account, digest);
        }
        listener.registered(digest);
      },
    });
}

export class SharedPhone extends CommandSender implements LocalPhone {
  readonly #phone: LocalPhone;
  readonly #locks: Locks | undefined;
  readonly #proven: Proven;
  readonly #shown: (state: PhoneState) => PhoneState;
  readonly #observers = new Set<() => void>();
  #seat: Seat | null = null;
  /** Once it is loaded. */
  #seats: SeatModule | null = null;
  /** Is about to have a seat. */
  #joining: { readonly account: Account; readonly isKnown: boolean } | null = null;
  #address = '';
  /** How it ended in another tab. */
  #ending: Registration | null = null;

  /** @param phone The phone of this tab, made with agents that tell `proven` of this object.
      @param locks The browser's; without them this tab is alone.
      @param proven Told once the switch has accepted the password of an account.
      @param shown What views see of a state. */
  constructor(
    phone: LocalPhone,
    locks: Locks | undefined,
    proven: Proven,
    shown: (state: PhoneState) => PhoneState = (state) => state,
  ) {
    super((command) => {
      this.#perform(command);
    });
    this.#shown = shown;
    this.#phone = phone;
    this.#locks = locks;
    this.#proven = proven;
    phone.subscribe(() => {
      // With a seat it is the seat that tells, when it has told the other tabs.
      if (this.#seat === null) {
        this.#announce();
      }
    });
  }

  get state(): PhoneState {
    const { state } = this.#seat ?? this.#phone;
    const registration = this.#seat === null ? this.#own : null;
    return this.#shown(registration === null ? state : { ...state, registration });
  }

  get place(): Place {
    return this.#seat?.follows === true ? 'other-tab' : 'here';
  }

  /** Address of the extension that was registered last in this tab; empty before the first. */
  get address(): string {
    return this.#address;
  }

  /** Whether calls end when this tab does. */
  get hasCalls(): boolean {
    return this.place === 'here' && this.#phone.state.lines.length > 0;
  }

  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** The switch has accepted the credential with which the phone of this tab registered. */
  proven(account: Account, digest: Digest): void {
    if (this.#seat?.account === account) {
      this.#seat.prove(digest);
    } else {
      this.#proven(account, digest);
    }
  }

  /** Loads what registering needs, where this tab is not alone. */
  prepare(): void {
    if (this.#locks !== undefined) {
      // Whether it comes is seen when somebody registers.
      this.#loadSeat().catch(() => undefined);
    }
  }

  register(account: Account): void {
    this.#register(account, false);
  }

  /** Registers what was registered when the page was last open: it is in sight at once. */
  resumeRegistration(account: Account): void {
    this.#register(account, true);
  }

  /** The page goes away: without a call the extension is unregistered; with one, its dialog is
      left as it is, for another page to take over. */
  leavePage(): void {
    const follows = this.place === 'other-tab';
    this.#seat?.leave();
    this.#seat = null;
    this.#joining = null;
    if (!follows && this.#phone.state.lines.length === 0) {
      this.#phone.unregister();
    }
  }

  #perform(command: Command): void {
    if (this.#joining !== null) {
      if (command.name === 'unregister') {
        this.#end({ state: 'none' });
      }
    } else if (this.#seat === null) {
      perform(this.#phone, command);
    } else {
      this.#seat.perform(command);
    }
  }

  /** What is known here, without a seat, that the phone of this tab does not know. */
  get #own(): Registration | null {
    if (this.#joining === null) {
      return this.#ending;
    }
    const { account, isKnown } = this.#joining;
    return { state: 'registering', extension: account.extension, again: isKnown };
  }

  #register(account: Account, isKnown: boolean): void {
    this.#leave();
    this.#address = addressOf(account);
    const locks = this.#locks;
    if (locks === undefined) {
      this.#phone.register(account);
      return;
    }
    const sit = ({ Seat }: SeatModule): void => {
      this.#joining = null;
      this.#seat = new Seat(this.#phone, locks, account, this.#listenerOf(account), isKnown);
      this.#announce();
    };
    if (this.#seats !== null) {
      sit(this.#seats);
      return;
    }
    const joining = { account, isKnown };
    this.#joining = joining;
    this.#announce();
    void this.#loadSeat().then(
      (module) => {
        if (this.#joining === joining) {
          sit(module);
        }
      },
      () => {
        if (this.#joining === joining) {
          const { extension } = account;
          this.#end({ state: 'failed', extension, cause: cause('unreachable') });
        }
      },
    );
  }

  /** A page that is only opened is the lighter for it. */
  async #loadSeat(): Promise<SeatModule> {
    this.#seats ??= await load(() => import('./membership'));
    return this.#seats;
  }

  #listenerOf(account: Account): SeatListener {
    return {
      changed: () => {
        this.#announce();
      },
      proven: (digest) => {
        this.#proven(account, digest);
      },
      over: (registration) => {
        this.#end(registration);
      },
    };
  }

  #end(registration: Registration): void {
    this.#joining = null;
    this.#seat = null;
    this.#ending = registration;
    this.#announce();
  }

  /** This tab turns to another account; the other tabs of the old one go on without it. */
  #leave(): void {
    this.#ending = null;
    this.#joining = null;
    const seat = this.#seat;
    this.#seat = null;
    seat?.leave();
    if (seat?.leads === true) {
      this.#phone.unregister();
    }
  }

  #announce(): void {
    for (const observer of this.#observers) {
      observer();
    }
  }
}
