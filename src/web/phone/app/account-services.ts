/* What is around the calls of a phone: what this device keeps, what our server knows. It is
   loaded when somebody registers, and until then the page is the lighter for it. */
import { type Account, addressOf, type Digest } from '../model/account';
import type { Phone } from '../calls/phone';
import type { KnownCall } from '../continuity/rescue';
import type { PhoneState } from '../model/state';
import type { PhoneConfig } from '../model/config';
import { named, withNames } from '../account-data/names';
import { People } from '../account-data/people';
import { PhoneServer } from '../account-data/phone-server';
import type { PhoneReport } from '../quality/report';
import type { Settings } from '../model/settings';
import { DeviceStore } from '../account-data/device-store';
import { KeptRegistration } from '../account-data/kept-registration';
import { recordCalls } from '../account-data/history-recorder';
import { CallHandoverStore } from '../continuity/call-handover';
import { PickupOffer } from '../continuity/pickup';
import type { SharedPhone } from '../continuity/tabs/shared-phone';
import type { ViewServices } from '../ui/ask';
import type { Notice } from '../model/notice';

/** So long may the leader in another tab take to unregister, in ms. */
const UNREGISTER_TIMEOUT_MS = 2_000;

interface AccountContext {
  readonly address: string;
  readonly people: People;
  end(): void;
}

export interface Phones {
  /** The phone of all tabs. */
  readonly phone: SharedPhone;
  /** The phone of this tab: what it has is done here. */
  readonly local: Phone;
}

export class AccountServices implements ViewServices {
  readonly device = new DeviceStore();
  readonly server: PhoneServer;
  readonly keeping: KeptRegistration;
  readonly left: CallHandoverStore;
  readonly phone: SharedPhone;
  readonly #changed: () => void;
  readonly #pickup: PickupOffer;
  #people: AccountContext | null = null;
  #watched = '';

  /** @param changed Called when `people` is somebody else's, or nobody's, and when `notices` are
      others. */
  constructor(config: PhoneConfig, { phone, local }: Phones, changed: () => void) {
    this.phone = phone;
    this.server = new PhoneServer(config);
    this.keeping = new KeptRegistration(this.device.vault, window);
    this.left = new CallHandoverStore(this.device.vault, local);
    this.#pickup = new PickupOffer(config.pickupPrefix, phone, changed);
    this.#changed = changed;
    recordCalls(local, (call) => {
      const remote = named(call.remote, this.device.contacts);
      this.device.historyOf(phone.address).add({ ...call, remote });
    });
    phone.subscribe(this.#follow);
    this.#follow();
  }

  /** The switch has accepted the password of an account. */
  proven(account: Account, digest: Digest): void {
    this.left.onPasswordAccepted(addressOf(account), digest);
    void this.keeping.onPasswordAccepted(account, digest);
    void this.server.proven(account.extension, digest);
  }

  /** Calls of an account that another page left, to be taken over. What rang there can be picked
      up: the new page does not ring, and the caller hears nothing of the change. */
  async leftBehind(account: Account): Promise<readonly KnownCall[]> {
    const left = await this.left.find(addressOf(account));
    this.#pickup.offer(account.extension, left?.ringing ?? []);
    return left?.calls ?? [];
  }

  get notices(): readonly Notice[] {
    return this.#pickup.notices;
  }

  get iceServers(): readonly RTCIceServer[] {
    return this.server.iceServers;
  }

  report(report: PhoneReport): Promise<boolean> {
    return this.server.report(report);
  }

  /** A state as views see it. */
  shown(state: PhoneState): PhoneState {
    return withNames(state, this.device.contacts);
  }

  /** What is known of people for the extension that is registered; null while none is. */
  get people(): People | null {
    return this.#people?.people ?? null;
  }

  /** Registers what was kept on this device, if something was, or whose calls were left. */
  async resume(settings: Settings): Promise<void> {
    const { server, domain } = settings;
    const account =
      (await this.keeping.find({ server, domain })) ??
      (await this.left.accountToResume({ server, domain }));
    if (account !== null && Object.keys(settings.check(server, domain)).length === 0) {
      this.phone.resumeRegistration(account);
    }
  }

  /** Unregisters, and takes away all that the phone keeps on this device. */
  async forget(): Promise<void> {
    this.phone.unregister();
    // Calls that this ends are written down first, and then forgotten with the rest.
    await this.#unregistered();
    await this.device.forget();
  }

  readonly #follow = (): void => {
    const { state, address } = this.phone;
    const { registration } = state;
    if (registration.state === 'failed') {
      void this.keeping.onFailed(address, registration.cause);
    }
    const wanted = isAtHome(state) ? address : null;
    if (wanted !== (this.#people?.address ?? null)) {
      this.#people?.end();
      this.#people = wanted === null ? null : this.#peopleOf(wanted);
      if (wanted === null) {
        this.server.end();
      }
      this.#changed();
    }
  };

  #peopleOf(address: string): AccountContext {
    const people = new People(this.device, this.server, address);
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
      this.phone.watch(wanted);
    }
  }

  async #unregistered(): Promise<void> {
    const isOut = (): boolean => !isAtHome(this.phone.state);
    await new Promise<void>((resolve) => {
      const done = (): void => {
        window.clearTimeout(timer);
        end();
        resolve();
      };
      const end = this.phone.subscribe(() => {
        if (isOut()) {
          done();
        }
      });
      const timer = window.setTimeout(done, isOut() ? 0 : UNREGISTER_TIMEOUT_MS);
    });
  }
}

/** Registered, on the way to be so again, or with calls up. */
function isAtHome({ registration, lines }: PhoneState): boolean {
  return (
    lines.length > 0 ||
    registration.state === 'registered' ||
    (registration.state === 'registering' && registration.again)
  );
}
