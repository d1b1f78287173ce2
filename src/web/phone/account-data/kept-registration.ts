/* Which registration is kept on this device: when it is written, found again, and dropped. */
import { readStored, writeStored } from '../../shared/storage';
import { type Account, addressOf, type Digest } from '../model/account';
import type { Cause } from '../model/causes';
import { KEPT, OWN } from './storage-keys';
import type { Vault } from './credential-vault';

/** Where a phone registers now. */
interface Place {
  readonly server: string;
  readonly domain: string;
}

export class Keeping {
  /** Whether the browser lets this page keep a registration. */
  readonly can: boolean;
  readonly #vault: Vault;
  #wished: Account | null = null;
  #found: Account | null = null;

  constructor(vault: Vault, page: { readonly isSecureContext: boolean }) {
    this.#vault = vault;
    this.can = page.isSecureContext;
  }

  /** Somebody registers by hand, and wants that kept or not. */
  registering(account: Account, keep: boolean): void {
    const address = addressOf(account);
    this.#found = null;
    this.#wished = keep && this.can ? account : null;
    writeStored(OWN, address, 'sessionStorage');
    if (!keep) {
      void this.#drop(address);
    }
  }

  /** The switch has accepted the account's password: only now is it worth keeping. */
  async proven(account: Account, digest: Digest): Promise<void> {
    if (this.#wished !== account) {
      return;
    }
    this.#wished = null;
    const address = addressOf(account);
    if (await this.#vault.keep(address, digest)) {
      writeStored(KEPT, address);
    }
  }

  /** What was kept for this tab, or for a new one; null if the person has to register. */
  async find({ server, domain }: Place): Promise<Account | null> {
    const address = readStored(OWN, 'sessionStorage') ?? readStored(KEPT);
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
  async failed(account: string, { code }: Cause): Promise<void> {
    const isRefused = code === 'wrong-password' || code === 'sign-in-refused';
    if (isRefused && this.#found !== null && addressOf(this.#found) === account) {
      this.#found = null;
      await this.#drop(account);
    }
  }

  async #drop(address: string): Promise<void> {
    if (readStored(KEPT) === address) {
      writeStored(KEPT, null);
    }
    await this.#vault.drop(address);
  }
}
