/* The services of the registered account: its data on this device and on our server. Loaded at
   registration, to keep the first page small. */
import { type Account, addressOf, type Digest } from '../model/account';
import type { Phone } from '../calls/phone';
import type { KnownCall } from '../continuity/rescue';
import type { PhoneState } from '../model/state';
import type { PhoneConfig } from '../model/config';
import { DialPlan } from '../model/numbers/dial-plan';
import type { Dialled } from '../model/numbers/dialled';
import { otherSide, withName, withNames } from '../account-data/remote-names';
import type { People } from '../account-data/people';
import { PhoneServer } from '../account-data/phone-server';
import type { PhoneReport } from '../quality/report';
import { DeviceStore } from '../account-data/device-store';
import { KeptRegistration } from '../account-data/kept-registration';
import { recordCalls } from '../account-data/history-recorder';
import { CallHandoverStore } from '../continuity/call-handover';
import { PickupOffer } from '../continuity/pickup';
import type { SharedPhone } from '../continuity/tabs/shared-phone';
import type { ViewServices } from '../ui/ask';
import type { Notice } from '../model/notice';
import type { Settings } from '../model/settings';
import { AccountContext } from './account-context';
import { forgetDevice, resumeSession } from './session-lifecycle';

export interface Phones {
  /** The phone of all tabs. */
  readonly phone: SharedPhone;
  /** The phone of this tab, which carries out the commands. */
  readonly local: Phone;
}

export class AccountServices implements ViewServices {
  readonly server: PhoneServer;
  readonly device: DeviceStore;
  readonly kept: KeptRegistration;
  readonly handover: CallHandoverStore;
  readonly phone: SharedPhone;
  readonly #plan: DialPlan;
  readonly #pickup: PickupOffer;
  readonly #context: AccountContext;
  readonly #config: PhoneConfig;

  /** @param onChanged Called when `people` belongs to another account, and when `notices` change. */
  constructor(config: PhoneConfig, { phone, local }: Phones, onChanged: () => void) {
    this.phone = phone;
    this.#config = config;
    this.server = new PhoneServer(config);
    this.#plan = new DialPlan(config.numbering, (name) => this.server.isExtension(name));
    this.device = new DeviceStore(this.#plan.key);
    this.kept = new KeptRegistration(this.device.vault, window);
    this.handover = new CallHandoverStore(this.device.vault, local);
    this.#pickup = new PickupOffer(config.pickupPrefix, phone, onChanged);
    recordCalls(local, (call) => {
      const remote = withName(otherSide(call), this.device.contacts, this.server);
      this.device.historyOf(phone.address).add({ ...call, remote });
    });
    phone.subscribe(this.#dropRefused);
    this.#dropRefused();
    this.#context = new AccountContext(
      phone,
      this.device,
      this.server,
      {
        watch: this.#watch,
        onChanged,
      },
      this.#plan,
    );
  }

  /** What is dialled for a number that a person typed or chose. */
  dialled(typed: string): Dialled {
    return this.#plan.dialled(typed);
  }

  /** The switch has accepted the password of an account. */
  onPasswordAccepted(account: Account, digest: Digest): void {
    this.handover.onPasswordAccepted(account, digest);
    void this.kept.onPasswordAccepted(account, digest);
    void this.server.onPasswordAccepted(account.extension, digest);
  }

  /** Calls that another page of the account handed over. A call that rang there can be picked up:
      the new page does not ring, and the caller does not notice the change. */
  async callsToAdopt(account: Account): Promise<readonly KnownCall[]> {
    const found = await this.handover.find(addressOf(account));
    this.#pickup.offer(account.extension, found?.ringing ?? []);
    return found?.calls ?? [];
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

  /** A state with the names of contacts, and with names and presence of the server. */
  shown(state: PhoneState): PhoneState {
    const named = withNames(state, this.device.contacts, this.server);
    return this.#config.presence === 'server'
      ? { ...named, presence: this.server.presence }
      : named;
  }

  /** People of the registered extension; null while none is registered. */
  get people(): People | null {
    return this.#context.people;
  }

  /** Watches the presence of extensions, where the configuration says. */
  readonly #watch = (extensions: readonly string[]): void => {
    switch (this.#config.presence) {
      case 'server':
        this.server.watchPresence(extensions);
        break;
      case 'sip':
        this.phone.watch(extensions);
        break;
      case 'off':
        break;
    }
  };

  /** Deletes a kept password that the switch refuses. */
  readonly #dropRefused = (): void => {
    const { state, address } = this.phone;
    if (state.registration.state === 'failed') {
      void this.kept.onFailed(address, state.registration.cause);
    }
  };

  /** Registers the account that is kept on this device, or whose calls were handed over. */
  resume(settings: Settings): Promise<void> {
    return resumeSession(this, settings);
  }

  /** Unregisters, and deletes all that the phone keeps on this device. */
  forget(): Promise<void> {
    return forgetDevice(this);
  }
}
