/* Calls as another page can take them over, or pick them up while they ring: after a reload, a
   crash, or in the tab that leads next. A dialog's identifiers are as good as a password for the call, so they are sealed, with
   what the page needs to register at all, and they go when the calls do. */
import { readStored, writeStored } from '../../shared/storage';
import type { KnownCall } from './rescue';
import { type Account, addressOf, type Digest } from '../model/account';
import { isRinging, type Line, type PhoneState } from '../model/state';
import { CALLS, OWN } from '../account-data/storage-keys';
import type { Vault } from '../account-data/credential-vault';
import { lockOf } from './tabs/group';

/** FreeSWITCH ends a call that sends no sound after 300 s (rtp-timeout-sec): what is older than
    that, in ms, is over. */
const FRESH = 300_000;
/** So often, in ms, it is said again that the calls are up. */
const EVERY = 30_000;
export interface Left {
  readonly at: number;
  readonly digest: Digest;
  readonly calls: readonly KnownCall[];
  /** What rang. Missing in what an older phone has written. */
  readonly ringing?: readonly Ringing[];
}

export type Ringing = Pick<Line, 'remote' | 'startedAt'>;

export interface Calls {
  readonly known: readonly KnownCall[];
  readonly state: Pick<PhoneState, 'lines'>;
  subscribe(observer: () => void): () => void;
}

export class LeftCalls {
  readonly #vault: Vault;
  readonly #calls: Calls;
  #owner: { readonly address: string; readonly digest: Digest } | null = null;
  #written = '';
  #last: Promise<unknown> = Promise.resolve();
  #timer: number | undefined;

  constructor(vault: Vault, calls: Calls) {
    this.#vault = vault;
    this.#calls = calls;
    calls.subscribe(this.#changed);
  }

  /** Who can register to take over what was left: this tab's own calls, after a reload, or those
      of a tab that is gone. */
  async heir(place: Pick<Account, 'server' | 'domain'>): Promise<Account | null> {
    const own = readStored(OWN, 'sessionStorage');
    const whose = own ?? readStored(CALLS);
    const extension = whose?.slice(0, whose.lastIndexOf('@')) ?? '';
    const address = addressOf({ extension, domain: place.domain });
    if (whose !== address || (own === null && (await isHeld(address)))) {
      return null;
    }
    const left = await this.find(address);
    return left === null ? null : { extension, ...place, ...left.digest };
  }

  /** The switch has accepted this for an account, whose calls come from now on. */
  proven(address: string, digest: Digest): void {
    this.#owner = { address, digest };
    this.#changed();
  }

  /** What was left of an account; null if there is nothing that can still be up. */
  async find(address: string): Promise<Left | null> {
    const left = (await this.#vault.find(nameOf(address))) as Left | null;
    return left !== null && Date.now() - left.at < FRESH ? left : null;
  }

  /** Resolves when all is written. */
  get settled(): Promise<unknown> {
    return this.#last;
  }

  readonly #changed = (): void => {
    const calls = this.#calls.known.map(({ line, dialog }) => ({
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
    const hadSome = this.#timer !== undefined;
    this.#written = text;
    window.clearInterval(this.#timer);
    this.#timer = undefined;
    if (calls.length + ringing.length > 0) {
      this.#write({ calls, ringing });
      this.#timer = window.setInterval(() => {
        this.#write({ calls, ringing });
      }, EVERY);
    } else if (hadSome) {
      this.#drop();
    }
  };

  #write(left: Pick<Left, 'calls' | 'ringing'>): void {
    const owner = this.#owner;
    if (owner !== null) {
      writeStored(CALLS, owner.address);
      this.#then(() =>
        this.#vault.keep(nameOf(owner.address), { at: Date.now(), digest: owner.digest, ...left }),
      );
    }
  }

  #drop(): void {
    const address = this.#owner?.address ?? '';
    writeStored(CALLS, null);
    this.#then(() => this.#vault.drop(nameOf(address)));
  }

  /** One after the other: an older state must not come after a newer one. */
  #then(work: () => Promise<unknown>): void {
    this.#last = this.#last.then(work);
  }
}

function nameOf(address: string): string {
  return `calls of ${address}`;
}

/** Whether another tab has the phone of an address: it is that one's to take care. */
async function isHeld(address: string): Promise<boolean> {
  const locks = (navigator as Partial<Navigator>).locks;
  const held = (await locks?.query())?.held ?? [];
  return held.some(({ name }) => name === lockOf(address));
}
