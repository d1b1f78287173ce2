/* Stores calls so that another page can take them over, or pick them up while they ring: after a
   reload, a crash, or in the next leader tab. The identifiers of a dialog are all that it takes to
   take its call over by Replaces, so they are encrypted, together with the credential for
   registering, and removed when the calls end. The switch must keep them secret, too: FreeSWITCH
   does only with `manage-presence` off (docs/phone.md, "Presence"). */
import { readStored, writeStored } from '../../shared/storage';
import type { KnownCall } from './rescue';
import {
  type Account,
  accountOfStored,
  addressOf,
  type Digest,
  storedCredential,
  type StoredCredential,
} from '../model/account';
import { isRinging, type Line, type PhoneState } from '../model/state';
import { CALLS_ACCOUNT_KEY, TAB_ACCOUNT_KEY } from '../account-data/storage-keys';
import type { CredentialVault } from '../account-data/credential-vault';
import { lockNameOf } from './tabs/group';

/** Maximum age of stored calls, in ms: FreeSWITCH ends a call that sends no audio after 300 s
    (rtp-timeout-sec). */
const MAX_AGE_MS = 300_000;
/** Interval at which the stored calls get a new time. */
const REFRESH_INTERVAL_MS = 30_000;
export interface HandedOverCalls {
  readonly at: number;
  readonly digest: StoredCredential;
  readonly calls: readonly KnownCall[];
  /** Calls that were ringing. Missing in entries of an older version. */
  readonly ringing?: readonly RingingCall[];
}

export type RingingCall = Pick<Line, 'remote' | 'startedAt'>;

export interface CallSource {
  readonly knownCalls: readonly KnownCall[];
  readonly state: Pick<PhoneState, 'lines'>;
  subscribe(observer: () => void): () => void;
}

export class CallHandoverStore {
  readonly #vault: CredentialVault;
  readonly #calls: CallSource;
  #owner: { readonly address: string; readonly digest: StoredCredential } | null = null;
  #written = '';
  #writes: Promise<unknown> = Promise.resolve();
  #timer: number | undefined;

  constructor(vault: CredentialVault, calls: CallSource) {
    this.#vault = vault;
    this.#calls = calls;
    calls.subscribe(this.#changed);
  }

  /** The account to register in order to take calls over: this tab's own after a reload, or that of
      a closed tab; null if there are none. */
  async accountToResume(configured: Pick<Account, 'server' | 'domain'>): Promise<Account | null> {
    const own = readStored(TAB_ACCOUNT_KEY, 'sessionStorage');
    const address = own ?? readStored(CALLS_ACCOUNT_KEY);
    if (address === null || (own === null && (await isLedByOtherTab(address)))) {
      return null;
    }
    const handedOver = await this.find(address);
    return handedOver === null ? null : accountOfStored(address, handedOver.digest, configured);
  }

  /** The switch has accepted this credential for an account, whose calls are stored from now on. */
  onPasswordAccepted(account: Account, digest: Digest): void {
    this.#owner = { address: addressOf(account), digest: storedCredential(account, digest) };
    this.#changed();
  }

  /** The stored calls of an account; null if none can still be up. */
  async find(address: string): Promise<HandedOverCalls | null> {
    const handedOver = (await this.#vault.load(vaultKeyOf(address))) as HandedOverCalls | null;
    return handedOver !== null && Date.now() - handedOver.at < MAX_AGE_MS ? handedOver : null;
  }

  /** Resolves when all is written. */
  get written(): Promise<unknown> {
    return this.#writes;
  }

  readonly #changed = (): void => {
    const calls = this.#calls.knownCalls.map(({ line, dialog }) => ({
      line: { ...line, quality: [] },
      dialog,
    }));
    const ringing = this.#calls.state.lines
      .filter(isRinging)
      .map(({ remote, startedAt }) => ({ remote, startedAt }));
    const text = JSON.stringify([calls, ringing]);
    if (this.#owner === null || text === this.#written) {
      return;
    }
    const hadCalls = this.#timer !== undefined;
    this.#written = text;
    window.clearInterval(this.#timer);
    this.#timer = undefined;
    if (calls.length + ringing.length > 0) {
      this.#write({ calls, ringing });
      this.#timer = window.setInterval(() => {
        this.#write({ calls, ringing });
      }, REFRESH_INTERVAL_MS);
    } else if (hadCalls) {
      this.#drop();
    }
  };

  #write(handedOver: Pick<HandedOverCalls, 'calls' | 'ringing'>): void {
    const owner = this.#owner;
    if (owner !== null) {
      writeStored(CALLS_ACCOUNT_KEY, owner.address);
      this.#enqueue(() =>
        this.#vault.save(vaultKeyOf(owner.address), {
          at: Date.now(),
          digest: owner.digest,
          ...handedOver,
        }),
      );
    }
  }

  #drop(): void {
    const address = this.#owner?.address ?? '';
    writeStored(CALLS_ACCOUNT_KEY, null);
    this.#enqueue(() => this.#vault.remove(vaultKeyOf(address)));
  }

  /** In a queue: an older state must not overwrite a newer one. */
  #enqueue(work: () => Promise<unknown>): void {
    this.#writes = this.#writes.then(work);
  }
}

function vaultKeyOf(address: string): string {
  return `calls of ${address}`;
}

/** Whether another tab holds the leader lock of an account, and so has its calls. */
async function isLedByOtherTab(address: string): Promise<boolean> {
  const locks = (navigator as Partial<Navigator>).locks;
  const held = (await locks?.query())?.held ?? [];
  return held.some(({ name }) => name === lockNameOf(address));
}
