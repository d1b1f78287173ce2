/* The tabs of one account in this browser. One of them holds a lock, and leads: it registers,
   rings and has the sound. The browser gives the lock to the next tab when that one is closed
   or crashes. FreeSWITCH would let the newest registration win, silently: so only the leader
   may register. */
import type { PhoneState } from '../../model/state';
import type { Command } from './command';
import type { PasswordProof } from './password-proof';

export type TabMessage =
  /** A tab has come, and wants to know how things are. */
  | { readonly kind: 'hello' }
  /** How things are, from the leader; with what a tab can check its password by. */
  | { readonly kind: 'state'; readonly state: PhoneState; readonly check: PasswordProof | null }
  /** What a person asks for in a tab that does not lead. */
  | { readonly kind: 'command'; readonly command: Command };

export interface GroupMember {
  /** This tab leads from now on. */
  onLead(): void;
  onMessage(message: TabMessage): void;
}

/** What a browser has on secure pages only; without it each tab is alone. */
export type Locks = Pick<LockManager, 'request' | 'query'>;

/** The lock of an account's leader. */
export function lockNameOf(address: string): string {
  return `sipapp.phone:${address}`;
}

/** In ms; messages between tabs take a few. */
const LOCK_RELEASE_DELAY_MS = 500;

export class TabGroup {
  readonly #channel: BroadcastChannel;
  readonly #lockRequest = new AbortController();
  #release: () => void = () => undefined;
  #isOver = false;

  constructor(locks: Locks, account: string, member: GroupMember) {
    const name = lockNameOf(account);
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener('message', ({ data }: MessageEvent<TabMessage>) => {
      if (!this.#isOver) {
        member.onMessage(data);
      }
    });
    locks
      .request(name, { signal: this.#lockRequest.signal }, () => this.#holdLock(member))
      .catch(() => {
        // Left while waiting; or there are no locks for this page, and so no other tabs.
        if (!this.#isOver) {
          member.onLead();
        }
      });
    this.post({ kind: 'hello' });
  }

  /** To all other tabs. */
  post(message: TabMessage): void {
    if (!this.#isOver) {
      this.#channel.postMessage(message);
    }
  }

  /** Says nothing more and hears nothing more; who led has another tab lead. */
  leave(): void {
    this.#close();
    this.#release();
  }

  /** Leaves with a last message. The lock is kept until that has surely arrived: who gets the
      lock first would take this tab for one that has crashed, and lead. */
  leaveWith(last: TabMessage): void {
    this.post(last);
    this.#close();
    window.setTimeout(this.#release, LOCK_RELEASE_DELAY_MS);
  }

  #close(): void {
    this.#isOver = true;
    this.#channel.close();
    this.#lockRequest.abort();
  }

  #holdLock(member: GroupMember): Promise<void> | undefined {
    if (this.#isOver) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#release = resolve;
      member.onLead();
    });
  }
}
