/* The data of the registered account: history, contacts and directory, and the watched extensions. */
import type { DeviceStore } from '../account-data/device-store';
import { People } from '../account-data/people';
import type { PhoneServer } from '../account-data/phone-server';
import type { DialPlan } from '../model/numbers/dial-plan';
import type { SharedPhone } from '../continuity/tabs/shared-phone';
import { isInSession } from './session-lifecycle';

interface Current {
  readonly address: string;
  readonly people: People;
  end(): void;
}

export interface ContextListener {
  /** The presence of exactly these extensions is wanted. */
  watch(extensions: readonly string[]): void;
  /** `people` belongs to another account, or to none. */
  onChanged(): void;
}

export class AccountContext {
  readonly #phone: SharedPhone;
  readonly #device: DeviceStore;
  readonly #server: PhoneServer;
  readonly #listener: ContextListener;
  readonly #plan: DialPlan;
  #current: Current | null = null;
  /** The watched extensions, joined by commas; null if those are of another account. */
  #watched: string | null = null;

  constructor(
    phone: SharedPhone,
    device: DeviceStore,
    server: PhoneServer,
    listener: ContextListener,
    plan: DialPlan,
  ) {
    this.#phone = phone;
    this.#device = device;
    this.#server = server;
    this.#listener = listener;
    this.#plan = plan;
    phone.subscribe(this.#update);
    this.#update();
  }

  /** History, contacts and directory for the account; null while none is registered. */
  get people(): People | null {
    return this.#current?.people ?? null;
  }

  readonly #update = (): void => {
    const { state, address } = this.#phone;
    const wanted = isInSession(state) ? address : null;
    if (wanted !== (this.#current?.address ?? null)) {
      this.#current?.end();
      this.#current = wanted === null ? null : this.#open(wanted);
      if (this.#current === null) {
        this.#server.end();
      } else {
        this.#watched = null;
        this.#watch(this.#current.people);
      }
      this.#listener.onChanged();
    }
  };

  #open(address: string): Current {
    const people = new People(this.#device, this.#server, address, this.#plan);
    const end = people.subscribe(() => {
      this.#watch(people);
    });
    return { address, people, end };
  }

  #watch(people: People): void {
    const wanted = people.watched;
    if (wanted.join() !== this.#watched) {
      this.#watched = wanted.join();
      this.#listener.watch(wanted);
    }
  }
}
