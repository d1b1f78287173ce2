/* The registration that is kept on this device: when it is stored, restored and removed. */
import { readStored, writeStored } from '../../shared/storage';
import {
  type Account,
  accountOfStored,
  addressOf,
  type Digest,
  storedCredential,
  type StoredCredential,
} from '../model/account';
import type { Cause } from '../model/causes';
import { KEPT_ACCOUNT_KEY, TAB_ACCOUNT_KEY } from './storage-keys';
import type { CredentialVault } from './credential-vault';

/** The server and domain that the phone registers with. */
interface ServerAddress {
  readonly server: string;
  readonly domain: string;
}

export class KeptRegistration {
  /** Whether the browser lets this page keep a registration. */
  readonly isPossible: boolean;
  readonly #vault: CredentialVault;
  #accountToKeep: Account | null = null;
  #restoredAccount: Account | null = null;

  constructor(vault: CredentialVault, page: { readonly isSecureContext: boolean }) {
    this.#vault = vault;
    this.isPossible = page.isSecureContext;
  }

  /** The person registers in the form; `keep` says whether to keep the registration. */
  onRegistering(account: Account, keep: boolean): void {
    const address = addressOf(account);
    this.#restoredAccount = null;
    this.#accountToKeep = keep && this.isPossible ? account : null;
    writeStored(TAB_ACCOUNT_KEY, address, 'sessionStorage');
    if (!keep) {
      void this.#remove(address);
    }
  }

  /** The switch has accepted the account's password: now the registration is stored. */
  async onPasswordAccepted(account: Account, digest: Digest): Promise<void> {
    if (this.#accountToKeep !== account) {
      return;
    }
    this.#accountToKeep = null;
    const address = addressOf(account);
    if (await this.#vault.save(address, storedCredential(account, digest))) {
      writeStored(KEPT_ACCOUNT_KEY, address);
    }
  }

  /** The kept account of this tab, or of a new one; null if the person has to register. */
  async restore(configured: ServerAddress): Promise<Account | null> {
    const address = readStored(TAB_ACCOUNT_KEY, 'sessionStorage') ?? readStored(KEPT_ACCOUNT_KEY);
    if (address === null) {
      return null;
    }
    const kept = (await this.#vault.load(address)) as StoredCredential | null;
    this.#restoredAccount = kept === null ? null : accountOfStored(address, kept, configured);
    return this.#restoredAccount;
  }

  /** A registration has failed: a kept credential that was refused is removed, because further
      attempts with it would look like an attack. */
  async onFailed(account: string, { code }: Cause): Promise<void> {
    const isRefused = code === 'wrong-password' || code === 'sign-in-refused';
    if (
      isRefused &&
      this.#restoredAccount !== null &&
      addressOf(this.#restoredAccount) === account
    ) {
      this.#restoredAccount = null;
      await this.#remove(account);
    }
  }

  async #remove(address: string): Promise<void> {
    if (readStored(KEPT_ACCOUNT_KEY) === address) {
      writeStored(KEPT_ACCOUNT_KEY, null);
    }
    await this.#vault.remove(address);
  }
}
