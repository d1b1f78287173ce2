/* Which registration is kept on this device: when it is written, found again, and dropped. */
import { readStored, writeStored } from '../../shared/storage';
import { type Account, addressOf, type Digest } from '../model/account';
import type { Cause } from '../model/causes';
import { KEPT_ADDRESS, TAB_ADDRESS } from './storage-keys';
import type { CredentialVault } from './credential-vault';

/** Where a phone registers now. */
interface ServerAddress {
  readonly server: string;
  readonly domain: string;
}

export class KeptRegistration {
  /** Whether the browser lets this page keep a registration. */
  readonly isPossible: boolean;
  readonly #vault: CredentialVault;
  #wanted: Account | null = null;
  #found: Account | null = null;

  constructor(vault: CredentialVault, page: { readonly isSecureContext: boolean }) {
    this.#vault = vault;
    this.isPossible = page.isSecureContext;
  }

  /** Somebody registers by hand, and wants that kept or not. */
  onRegistering(account: Account, keep: boolean): void {
    const address = addressOf(account);
    this.#found = null;
    this.#wanted = keep && this.isPossible ? account : null;
    writeStored(TAB_ADDRESS, address, 'sessionStorage');
    if (!keep) {
      void this.#drop(address);
    }
  }

  /** The switch has accepted the account's password: only now is it worth keeping. */
  async onPasswordAccepted(account: Account, digest: Digest): Promise<void> {
    if (this.#wanted !== account) {
      return;
    }
    this.#wanted = null;
    const address = addressOf(account);
    if (await this.#vault.keep(address, digest)) {
      writeStored(KEPT_ADDRESS, address);
    }
  }

  /** What was kept for this tab, or for a new one; null if the person has to register. */
  async find({ server, domain }: ServerAddress): Promise<Account | null> {
    const address = readStored(TAB_ADDRESS, 'sessionStorage') ?? readStored(KEPT_ADDRESS);
    const extension = address?.slice(0, address.lastIndexOf('@')) ?? '';
    if (address === null || address !== addressOf({ extension, domain })) {
      return null;
    }
    const digest = (await this.#vault.find(address)) as Digest | null;
    this.#found = digest === null ? null : { extension, server, domain, ...digest };
    return this.#found;
  }

  /** A registration has failed: a kept credential that is refused is of no use any more, and
      repeating it would look like an attack. */
  async onFailed(account: string, { code }: Cause): Promise<void> {
    const isRefused = code === 'wrong-password' || code === 'sign-in-refused';
    if (isRefused && this.#found !== null && addressOf(this.#found) === account) {
      this.#found = null;
      await this.#drop(account);
    }
  }

  async #drop(address: string): Promise<void> {
    if (readStored(KEPT_ADDRESS) === address) {
      writeStored(KEPT_ADDRESS, null);
    }
    await this.#vault.drop(address);
  }
}
