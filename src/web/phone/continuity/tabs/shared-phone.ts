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
import type { TabMembership, MembershipListener } from './membership';

type MembershipModule = typeof import('./membership');

/** Where the calls of this phone have their sound. */
export type AudioTab = 'here' | 'other-tab';

export type PasswordAccepted = (account: Account, digest: Digest) => void;

/** The same agents; tells what stands for the password once a switch has asked for it. */
export function tellingPasswords(
  agents: AgentFactory,
  onPasswordAccepted: PasswordAccepted,
): AgentFactory {
  return (account, listener) =>
    agents(account, {
      ...listener,
      registered: (digest) => {
        if (digest !== undefined) {
          onPasswordAccepted(account, digest);
        }
        listener.registered(digest);
      },
    });
}

export class SharedPhone extends CommandSender implements LocalPhone {
  readonly #phone: LocalPhone;
  readonly #locks: Locks | undefined;
  readonly #onPasswordAccepted: PasswordAccepted;
  readonly #withNames: (state: PhoneState) => PhoneState;
  readonly #observers = new Set<() => void>();
  #membership: TabMembership | null = null;
  /** Once it is loaded. */
  #membershipModule: MembershipModule | null = null;
  /** The account whose tabs this one is about to join. */
  #joining: { readonly account: Account; readonly isKnown: boolean } | null = null;
  #address = '';
  /** How it ended in another tab. */
  #ending: Registration | null = null;

  /** @param phone The phone of this tab, made with agents that tell `proven` of this object.
      @param locks The browser's; without them this tab is alone.
      @param onPasswordAccepted Told once the switch has accepted the password of an account.
      @param shown What views see of a state. */
  constructor(
    phone: LocalPhone,
    locks: Locks | undefined,
    onPasswordAccepted: PasswordAccepted,
    shown: (state: PhoneState) => PhoneState = (state) => state,
  ) {
    super((command) => {
      this.#perform(command);
    });
    this.#withNames = shown;
    this.#phone = phone;
    this.#locks = locks;
    this.#onPasswordAccepted = onPasswordAccepted;
    phone.subscribe(() => {
      // A member of a group notifies only after it has told the other tabs.
      if (this.#membership === null) {
        this.#notify();
      }
    });
  }

  get state(): PhoneState {
    const { state } = this.#membership ?? this.#phone;
    const registration = this.#membership === null ? this.#ownRegistration : null;
    return this.#withNames(registration === null ? state : { ...state, registration });
  }

  get audioTab(): AudioTab {
    return this.#membership?.follows === true ? 'other-tab' : 'here';
  }

  /** Address of the extension that was registered last in this tab; empty before the first. */
  get address(): string {
    return this.#address;
  }

  /** Whether calls end when this tab does. */
  get hasCalls(): boolean {
    return this.audioTab === 'here' && this.#phone.state.lines.length > 0;
  }

  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** The switch has accepted the credential with which the phone of this tab registered. */
  onPasswordAccepted(account: Account, digest: Digest): void {
    if (this.#membership?.account === account) {
      this.#membership.onPasswordAccepted(digest);
    } else {
      this.#onPasswordAccepted(account, digest);
    }
  }

  /** Loads what registering needs, where this tab is not alone. */
  prepare(): void {
    if (this.#locks !== undefined) {
      // Whether it comes is seen when somebody registers.
      this.#loadMembership().catch(() => undefined);
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
    const follows = this.audioTab === 'other-tab';
    this.#membership?.leave();
    this.#membership = null;
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
    } else if (this.#membership === null) {
      perform(this.#phone, command);
    } else {
      this.#membership.perform(command);
    }
  }

  /** The registration to show without a membership, if it differs from that of this tab's phone. */
  get #ownRegistration(): Registration | null {
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
    const join = ({ TabMembership }: MembershipModule): void => {
      this.#joining = null;
      this.#membership = new TabMembership(
        this.#phone,
        locks,
        account,
        this.#listenerOf(account),
        isKnown,
      );
      this.#notify();
    };
    if (this.#membershipModule !== null) {
      join(this.#membershipModule);
      return;
    }
    const joining = { account, isKnown };
    this.#joining = joining;
    this.#notify();
    void this.#loadMembership().then(
      (module) => {
        if (this.#joining === joining) {
          join(module);
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
  async #loadMembership(): Promise<MembershipModule> {
    this.#membershipModule ??= await load(() => import('./membership'));
    return this.#membershipModule;
  }

  #listenerOf(account: Account): MembershipListener {
    return {
      onChanged: () => {
        this.#notify();
      },
      onPasswordAccepted: (digest) => {
        this.#onPasswordAccepted(account, digest);
      },
      onOver: (registration) => {
        this.#end(registration);
      },
    };
  }

  #end(registration: Registration): void {
    this.#joining = null;
    this.#membership = null;
    this.#ending = registration;
    this.#notify();
  }

  /** This tab turns to another account; the other tabs of the old one go on without it. */
  #leave(): void {
    this.#ending = null;
    this.#joining = null;
    const membership = this.#membership;
    this.#membership = null;
    membership?.leave();
    if (membership?.leads === true) {
      this.#phone.unregister();
    }
  }

  #notify(): void {
    for (const observer of this.#observers) {
      observer();
    }
  }
}
