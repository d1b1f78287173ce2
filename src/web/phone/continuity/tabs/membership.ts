/* This tab's membership in the group of an account's tabs: as the leader it uses its own phone;
   otherwise it shows the leader's state and sends commands there. */
import { type Account, addressOf, type Digest } from '../../model/account';
import type { PhoneState, Registration } from '../../model/state';
import { cause } from '../../model/causes';
import { completeLine } from '../../lines/lines';
import { proofFor, verifyProof, type PasswordProof } from './password-proof';
import { perform, type Command } from './command';
import { TabGroup, type Locks, type GroupMember, type TabMessage } from './group';
import type { LocalPhone } from './local-phone';

/** Timeout for the leader's state, in ms. */
const LEADER_TIMEOUT_MS = 5_000;

export interface MembershipListener {
  onChanged(): void;
  /** The credential is right: the leader's registration has proved it. */
  onPasswordAccepted(digest: Digest): void;
  /** The membership has ended: the account is no longer registered. */
  onOver(registration: Registration): void;
}

export class TabMembership implements GroupMember {
  readonly account: Account;
  readonly #phone: LocalPhone;
  readonly #listener: MembershipListener;
  readonly #group: TabGroup;
  readonly #leaderTimeout: number;
  #unsubscribe: () => void = () => undefined;
  #leads = false;
  /** The leader's last state; null until the password of this tab is verified. */
  #shown: PhoneState | null = null;
  #latest: PhoneState | null = null;
  #verifying = false;
  /** The first registration in this tab, but a renewed one for the person. */
  #renewing: boolean;
  #watched: Command | null = null;
  #proof: Promise<PasswordProof | null> = Promise.resolve(null);

  /** @param isKnown Whether the account was registered before, when the page was last open. */
  constructor(
    phone: LocalPhone,
    locks: Locks,
    account: Account,
    listener: MembershipListener,
    isKnown: boolean,
  ) {
    this.account = account;
    this.#renewing = isKnown;
    this.#phone = phone;
    this.#listener = listener;
    this.#leaderTimeout = window.setTimeout(() => {
      const { extension } = account;
      this.#end({ state: 'failed', extension, cause: cause('tab-silent') });
    }, LEADER_TIMEOUT_MS);
    this.#group = new TabGroup(locks, addressOf(account), this);
  }

  get leads(): boolean {
    return this.#leads;
  }

  /** Whether this tab shows the phone of another tab. */
  get follows(): boolean {
    return !this.#leads && this.#shown !== null;
  }

  get state(): PhoneState {
    const { state } = this.#phone;
    if (this.#leads) {
      return this.#renewing
        ? { ...state, registration: asRegisteringAgain(state.registration) }
        : state;
    }
    const { extension } = this.account;
    const registration = {
      state: 'registering',
      extension,
      again: this.#renewing,
    } as const;
    return this.#shown ?? { ...state, registration };
  }

  perform(command: Command): void {
    if (command.name === 'watch') {
      this.#watched = command;
    }
    if (this.#leads) {
      perform(this.#phone, command);
    } else if (this.#shown !== null) {
      this.#group.post({ kind: 'command', command });
    } else if (command.name === 'unregister') {
      this.#end({ state: 'none' });
    }
  }

  /** The switch has accepted this tab's credential. */
  onPasswordAccepted(digest: Digest): void {
    this.#proof = proofFor(digest);
    this.#listener.onPasswordAccepted(digest);
  }

  /** Leaves without a message to the other tabs; the phone of this tab stays as it is. */
  leave(): void {
    this.#stopListening();
    this.#group.leave();
  }

  onLead(): void {
    window.clearTimeout(this.#leaderTimeout);
    this.#leads = true;
    const before = this.#shown;
    this.#renewing ||= before !== null;
    this.#phone.register(this.account);
    if (before?.doNotDisturb === true) {
      this.#phone.setDoNotDisturb(true);
    }
    if (this.#watched !== null) {
      perform(this.#phone, this.#watched);
    }
    this.#unsubscribe = this.#phone.subscribe(this.#onPhoneChanged);
    this.#onPhoneChanged();
  }

  onMessage(message: TabMessage): void {
    if (message.kind === 'state') {
      if (!this.#leads) {
        const lines = message.state.lines.map(completeLine);
        this.#onLeaderState({ ...message.state, lines }, message.check);
      }
    } else if (this.#leads) {
      if (message.kind === 'hello') {
        this.#postState();
      } else {
        perform(this.#phone, message.command);
      }
    }
  }

  readonly #onPhoneChanged = (): void => {
    const { state } = this.#phone;
    this.#renewing &&= state.registration.state === 'registering';
    if (isOver(state)) {
      this.#stopListening();
      this.#group.leaveWith({ kind: 'state', state, check: null });
      this.#listener.onOver(state.registration);
      return;
    }
    this.#postState();
    this.#listener.onChanged();
  };

  #postState(): void {
    void this.#proof.then((check) => {
      this.#group.post({ kind: 'state', state: this.state, check });
    });
  }

  #onLeaderState(state: PhoneState, check: PasswordProof | null): void {
    window.clearTimeout(this.#leaderTimeout);
    this.#latest = state;
    if (this.#shown !== null) {
      this.#show(state);
    } else if (state.registration.state === 'registered' && !this.#verifying) {
      this.#verifying = true;
      void this.#verify(check);
    }
    // Otherwise the leader's password is not verified yet: if it is wrong, this tab tries its own.
  }

  async #verify(check: PasswordProof | null): Promise<void> {
    // A switch that sends no challenge has no password to verify.
    const digest = check === null ? undefined : await verifyProof(this.account, check);
    if (this.#leads) {
      return;
    }
    if (digest === null) {
      const { extension } = this.account;
      this.#end({ state: 'failed', extension, cause: cause('wrong-password') });
      return;
    }
    if (digest !== undefined) {
      this.#listener.onPasswordAccepted(digest);
    }
    this.#show(this.#latest ?? this.#phone.state);
  }

  #show(state: PhoneState): void {
    this.#shown = state;
    if (isOver(state)) {
      this.#end(state.registration);
    } else {
      this.#listener.onChanged();
    }
  }

  #stopListening(): void {
    window.clearTimeout(this.#leaderTimeout);
    this.#unsubscribe();
  }

  #end(registration: Registration): void {
    this.leave();
    this.#listener.onOver(registration);
  }
}

function isOver({ registration, lines }: PhoneState): boolean {
  return lines.length === 0 && (registration.state === 'none' || registration.state === 'failed');
}

/** Shows a phone that was registered a moment ago, in another tab, as registering again. */
function asRegisteringAgain(registration: Registration): Registration {
  return registration.state === 'registering' ? { ...registration, again: true } : registration;
}
