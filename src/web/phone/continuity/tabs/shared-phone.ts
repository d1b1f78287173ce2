/* One phone for all tabs of this browser that have the same account: views work the same in the tab
   that is registered and in the others. */
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

/** The tab that plays the audio of the calls. */
export type AudioTab = 'here' | 'other-tab';

export type PasswordAccepted = (account: Account, digest: Digest) => void;

/** Wraps agents to report the digest credential after a challenge of the switch. */
export function reportAcceptedPasswords(
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
  /** Null until it is loaded. */
  #membershipModule: MembershipModule | null = null;
  /** The account whose tabs this one is about to join. */
  #joining: { readonly account: Account; readonly isKnown: boolean } | null = null;
  #address = '';
  /** The registration with which the membership ended in another tab. */
  #ending: Registration | null = null;

  /** @param phone The phone of this tab, made with agents from `reportAcceptedPasswords`.
      @param locks The browser's locks; without them this tab is alone.
      @param onPasswordAccepted Called once the switch has accepted the password of an account.
      @param shown Maps a state to what views show of it. */
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
      // A member of a group notifies only after it has sent the change to the other tabs.
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

  /** Whether calls end when this tab is closed. */
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

  /** Loads the modules for registering, unless this tab is alone. */
  prepare(): void {
    if (this.#locks !== undefined) {
      // A failure is handled when an account registers.
      this.#loadMembership().catch(() => undefined);
    }
  }

  register(account: Account): void {
    this.#register(account, false);
  }

  /** Registers the account that was registered when the page was last open; shown as registering
      again. */
  resumeRegistration(account: Account): void {
    this.#register(account, true);
  }

  /** The page is being closed: without a call the extension is unregistered; with a call its dialog
      stays, for another page to take over. */
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

  /** Loaded on demand, to keep a page that is only opened small. */
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

  /** This tab changes to another account; the other tabs of the old account go on without it. */
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
