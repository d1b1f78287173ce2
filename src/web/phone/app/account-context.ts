/* The data of the registered account: history, contacts and directory, and the watched extensions. */
import type { DeviceStore } from '../account-data/device-store';
import { People } from '../account-data/people';
import type { PhoneServer } from '../account-data/phone-server';
import type { SharedPhone } from '../continuity/tabs/shared-phone';
import { isInSession } from './session-lifecycle';

interface Current {
  readonly address: string;
  readonly people: People;
  end(): void;
}

export class AccountContext {
  readonly #phone: SharedPhone;
  readonly #device: DeviceStore;
  readonly #server: PhoneServer;
  readonly #onChanged: () => void;
  #current: Current | null = null;
  /** The extensions with a subscription, joined by commas. */
  #watched = '';

  /** @param onChanged Called when `people` belongs to another account, or to none. */
  constructor(phone: SharedPhone, device: DeviceStore, server: PhoneServer, onChanged: () => void) {
    this.#phone = phone;
    this.#device = device;
    this.#server = server;
    this.#onChanged = onChanged;
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
      if (wanted === null) {
        this.#server.end();
      }
      this.#onChanged();
    }
  };

  #open(address: string): Current {
    const people = new People(this.#device, this.#server, address);
    const end = people.subscribe(() => {
      this.#watch(people);
    });
    this.#watched = '';
    this.#watch(people);
    return { address, people, end };
  }

  #watch(people: People): void {
    const wanted = people.watched;
    if (wanted.join() !== this.#watched) {
      this.#watched = wanted.join();
      this.#phone.watch(wanted);
    }
  }
}
