/* The tabs of one account in this browser. One of them holds a lock, and leads: it registers,
   rings and has the sound. The browser gives the lock to the next tab when that one is closed
   or crashes. FreeSWITCH would let the newest registration win, silently: so only the leader
   may register. */
import type { PhoneState } from '../../model/state';
import type { Command } from './command';
import type { Check } from './password-proof';

export type Message =
  /** A tab has come, and wants to know how things are. */
  | { readonly kind: 'hello' }
  /** How things are, from the leader; with what a tab can check its password by. */
  | { readonly kind: 'state'; readonly state: PhoneState; readonly check: Check | null }
  /** What a person asks for in a tab that does not lead. */
  | { readonly kind: 'command'; readonly command: Command };

export interface Member {
  /** This tab leads from now on. */
  lead(): void;
  hear(message: Message): void;
}

/** What a browser has on secure pages only; without it each tab is alone. */
export type Locks = Pick<LockManager, 'request' | 'query'>;

/** The lock of an account's leader. */
export function lockOf(address: string): string {
  return `sipapp.phone:${address}`;
}

/** In ms; messages between tabs take a few. */
const GRACE = 500;

export class Group {
  readonly #channel: BroadcastChannel;
  readonly #waiting = new AbortController();
  #release: () => void = () => undefined;
  #isOver = false;

  constructor(locks: Locks, account: string, member: Member) {
    const name = lockOf(account);
    this.#channel = new BroadcastChannel(name);
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (!this.#isOver) {
        member.hear(data);
      }
    });
    locks
      .request(name, { signal: this.#waiting.signal }, () => this.#hold(member))
      .catch(() => {
        // Left while waiting; or there are no locks for this page, and so no other tabs.
        if (!this.#isOver) {
          member.lead();
        }
      });
    this.post({ kind: 'hello' });
  }

  /** To all other tabs. */
  post(message: Message): void {
    if (!this.#isOver) {
      this.#channel.postMessage(message);
    }
  }

  /** Says nothing more and hears nothing more; who led has another tab lead. */
  leave(): void {
    this.#part();
    this.#release();
  }

  /** Leaves with a last message. The lock is kept until that has surely arrived: who gets the
      lock first would take this tab for one that has crashed, and lead. */
  end(last: Message): void {
    this.post(last);
    this.#part();
    window.setTimeout(this.#release, GRACE);
  }

  #part(): void {
    this.#isOver = true;
    this.#channel.close();
    this.#waiting.abort();
  }

  #hold(member: Member): Promise<void> | undefined {
    if (this.#isOver) {
      return undefined;
    }
    return new Promise((resolve) => {
      this.#release = resolve;
      member.lead();
    });
  }
}
