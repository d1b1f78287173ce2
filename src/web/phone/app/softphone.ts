/* Assembles the parts of the phone, apart from its views. */
import type { AccountServices } from './account-services';
import { randomRoom } from '../calls/conference';
import { Phone } from '../calls/phone';
import type { SignalTones } from '../tones/sounds';
import type { PhoneConfig } from '../model/config';
import type { People } from '../account-data/people';
import { asTyped } from '../model/numbers/dialled';
import { load } from '../../shared/loading';
import type { AgentFactory } from '../sip/edge';
import type { Notice } from '../model/notice';
import type { Locks } from '../continuity/tabs/group';
import { SharedPhone, reportAcceptedPasswords } from '../continuity/tabs/shared-phone';

export interface SoftphoneDeps {
  readonly agents: (iceServers: () => readonly RTCIceServer[]) => AgentFactory;
  readonly sounds: SignalTones;
  /** Whether the person allows automatic answers, if the administrator does. */
  readonly autoAnswer: () => boolean;
  /** The browser's locks; undefined on a page without TLS. */
  readonly locks: Locks | undefined;
}

export class Softphone {
  /** The phone of all tabs; views use only this one. */
  readonly phone: SharedPhone;
  /** The phone of this tab, which carries out the commands. */
  readonly local: Phone;
  readonly #config: PhoneConfig;
  readonly #observers = new Set<() => void>();
  #loading: Promise<AccountServices> | null = null;
  #services: AccountServices | null = null;

  constructor(config: PhoneConfig, { agents, sounds, autoAnswer, locks }: SoftphoneDeps) {
    this.#config = config;
    const iceServers = (): readonly RTCIceServer[] =>
      this.#services?.server.iceServers ?? config.iceServers;
    const reportingAgents = reportAcceptedPasswords(agents(iceServers), (account, digest) => {
      this.phone.onPasswordAccepted(account, digest);
    });
    this.local = new Phone(reportingAgents, sounds, {
      autoAnswer: () => config.autoAnswer && autoAnswer(),
      roomName: async () =>
        (await this.#services?.server.conferenceRoom()) ?? randomRoom(config.conferencePrefix),
      dialled: (typed) => this.#services?.dialled(typed) ?? asTyped(typed),
      recoveryUser: config.recoveryUser,
      callsToAdopt: async (account) => {
        const services = await this.services().catch(() => null);
        return (await services?.callsToAdopt(account)) ?? [];
      },
    });
    this.phone = new SharedPhone(
      this.local,
      locks,
      (account, digest) => {
        this.withServices((services) => {
          services.onPasswordAccepted(account, digest);
        });
      },
      (state) => this.#services?.shown(state) ?? state,
    );
  }

  /** A person is about to register: loads the modules for that in advance. */
  prepare(): void {
    this.phone.prepare();
    this.withServices(() => undefined);
  }

  /** Notices of the account services; none before these are loaded. */
  get notices(): readonly Notice[] {
    return this.#services?.notices ?? [];
  }

  /** People of the registered extension; null while none is registered. */
  get people(): People | null {
    return this.#services?.people ?? null;
  }

  /** Calls back when `people` or `notices` change; the returned function ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Loads the account services. Rejects if they cannot be loaded; the next call tries again. */
  async services(): Promise<AccountServices> {
    this.#loading ??= this.#load();
    try {
      return await this.#loading;
    } catch (error) {
      this.#loading = null;
      throw error;
    }
  }

  /** Calls back with the account services, in the order of calls; never if they cannot be loaded. */
  withServices(what: (services: AccountServices) => void): void {
    void this.services().then(what, () => undefined);
  }

  async #load(): Promise<AccountServices> {
    const module = await load(() => import('./account-services'));
    this.#services = new module.AccountServices(this.#config, this, () => {
      for (const observer of this.#observers) {
        observer();
      }
    });
    return this.#services;
  }
}
