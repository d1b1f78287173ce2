/* A phone whose state the test sets, and which records its commands. */
import type { Commands } from '../model/commands';
import { newLine } from '../lines/lines';
import type { Line, PhoneState } from '../model/state';
import { initial } from '../lines/store';
import type { Account } from '../model/account';
import { CommandSender } from '../continuity/tabs/command';
import type { LocalPhone } from '../continuity/tabs/local-phone';

type SentCommand = readonly [keyof Commands, ...unknown[]];

export class FakePhone extends CommandSender implements LocalPhone {
  readonly commands: SentCommand[] = [];
  readonly accounts: Account[] = [];
  readonly #observers = new Set<() => void>();
  state = initial;

  constructor() {
    super(({ name, given }) => {
      this.commands.push([name, ...given]);
      if (name === 'unregister') {
        this.show({ registration: { state: 'none' }, lines: [] });
      }
    });
  }

  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }
  show(part: Partial<PhoneState>): void {
    this.state = { ...this.state, ...part };
    for (const observer of this.#observers) {
      observer();
    }
  }
  register(account: Account): void {
    this.accounts.push(account);
    // As in the real phone: it is not registering yet at its first notification.
    this.show({ lines: [] });
    const { extension } = account;
    this.show({ registration: { state: 'registering', extension, again: false } });
  }
}

export function fakeLine(id: number, part: Partial<Line> = {}): Line {
  const call = { direction: 'in', remote: { name: '', number: `100${id}` } } as const;
  return { ...newLine(id, call, id * 1_000), ...part };
}
