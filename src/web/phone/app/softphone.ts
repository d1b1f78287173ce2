/* Puts together what the phone consists of, apart from its views. */
import type { Around } from './account-services';
import { randomRoom } from '../calls/conference';
import { Phone } from '../calls/phone';
import type { Sounds } from '../tones/sounds';
import type { PhoneConfig } from '../model/config';
import type { People } from '../account-data/people';
import { load } from '../../shared/loading';
import type { AgentFactory } from '../sip/edge';
import type { Notice } from '../model/notice';
import type { Locks } from '../continuity/tabs/group';
import { SharedPhone, withProof } from '../continuity/tabs/shared-phone';

export interface Surroundings {
  readonly agents: (iceServers: () => readonly RTCIceServer[]) => AgentFactory;
  readonly sounds: Sounds;
  /** Whether the person lets callers have the phone answered, as far as the administrator does. */
  readonly autoAnswer: () => boolean;
  /** The browser's; undefined on a page without TLS. */
  readonly locks: Locks | undefined;
}

export class Softphone {
  /** The phone of all tabs; views need no other. */
  readonly phone: SharedPhone;
  /** The phone of this tab: what it has is done here. */
  readonly local: Phone;
  readonly #config: PhoneConfig;
  readonly #observers = new Set<() => void>();
  #loading: Promise<Around> | null = null;
  #around: Around | null = null;

  constructor(config: PhoneConfig, { agents, sounds, autoAnswer, locks }: Surroundings) {
    this.#config = config;
    const iceServers = (): readonly RTCIceServer[] =>
      this.#around?.server.iceServers ?? config.iceServers;
    const proving = withProof(agents(iceServers), (account, digest) => {
      this.phone.proven(account, digest);
    });
    this.local = new Phone(proving, sounds, {
      autoAnswer: () => config.autoAnswer && autoAnswer(),
      roomName: async () =>
        (await this.#around?.server.conferenceRoom()) ?? randomRoom(config.conferencePrefix),
      recoveryUser: config.recoveryUser,
      leftBehind: async (account) => {
        const around = await this.around().catch(() => null);
        return (await around?.leftBehind(account)) ?? [];
      },
    });
    this.phone = new SharedPhone(
      this.local,
      locks,
      (account, digest) => {
        this.whenAround((around) => {
          around.proven(account, digest);
        });
      },
      (state) => this.#around?.shown(state) ?? state,
    );
  }

  /** Somebody is about to register: what that needs is better there before. */
  prepare(): void {
    this.phone.prepare();
    this.whenAround(() => undefined);
  }

  /** What else is to be told, once there is something around the calls. */
  get notices(): readonly Notice[] {
    return this.#around?.notices ?? [];
  }

  /** What is known of people for the extension that is registered; null while none is. */
  get people(): People | null {
    return this.#around?.people ?? null;
  }

  /** Calls back when `people` or `notices` change; the result ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** What is around the calls. Rejects if it cannot be loaded; the next time tries again. */
  async around(): Promise<Around> {
    this.#loading ??= this.#load();
    try {
      return await this.#loading;
    } catch (error) {
      this.#loading = null;
      throw error;
    }
  }

  /** Does something with it, in the order of asking; without it, calls are possible still. */
  whenAround(what: (around: Around) => void): void {
    void this.around().then(what, () => undefined);
  }

  async #load(): Promise<Around> {
    const module = await load(() => import('./account-services'));
    this.#around = new module.Around(this.#config, this, () => {
      for (const observer of this.#observers) {
        observer();
      }
    });
    return this.#around;
  }
}
