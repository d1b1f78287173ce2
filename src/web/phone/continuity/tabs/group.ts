/* The tabs of one account in this browser. The tab that holds a lock is the leader: it registers,
   rings and plays the audio. The browser gives the lock to the next tab when that one is closed or
   crashes. With FreeSWITCH a newer registration silently replaces an older one, so only the leader
   may register. */
import type { PhoneState } from '../../model/state';
import type { Command } from './command';
import type { PasswordProof } from './password-proof';

export type TabMessage =
  /** A tab has joined, and requests the state. */
  | { readonly kind: 'hello' }
  /** The state, from the leader; with a proof by which a tab can check its password. */
  | { readonly kind: 'state'; readonly state: PhoneState; readonly check: PasswordProof | null }
  /** A command of the person in a tab that is not the leader. */
  | { readonly kind: 'command'; readonly command: Command };

export interface GroupMember {
  /** This tab is the leader from now on. */
  onLead(): void;
  onMessage(message: TabMessage): void;
}

/** Browser features of secure pages; without them each tab is alone. */
export type Locks = Pick<LockManager, 'request' | 'query'>;

/** Name of the leader lock of an account. */
export function lockNameOf(address: string): string {
  return `sipapp.phone:${address}`;
}

/** Delay of the release after a last message, in ms; messages between tabs take a few. */
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
        // The tab left while waiting for the lock; or this page has no locks, and so no other tabs.
        if (!this.#isOver) {
          member.onLead();
        }
      });
    this.post({ kind: 'hello' });
  }

  /** Sends a message to all other tabs. */
  post(message: TabMessage): void {
    if (!this.#isOver) {
      this.#channel.postMessage(message);
    }
  }

  /** Stops sending and receiving; a leader releases the lock, and another tab becomes the leader. */
  leave(): void {
    this.#close();
    this.#release();
  }

  /** Leaves with a last message. The lock is kept until the message has arrived: otherwise the next
      holder would assume that this tab has crashed, and become the leader. */
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
