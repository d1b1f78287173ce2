/* What our own server does for a phone that has proved its extension's password. */
import type { PhoneConfig } from '../model/config';
import type { Digest } from '../model/account';
import type { DirectoryEntry } from './directory';
import { ServerDirectory } from './server-directory';
import { recordIn, Session } from './server-session';

export type ServerConfig = Pick<PhoneConfig, 'phoneApi' | 'directory' | 'iceServers' | 'turn'>;

export class PhoneServer {
  readonly #config: ServerConfig;
  readonly #session: Session;
  readonly #directory: ServerDirectory;
  readonly #now: () => number;
  readonly #observers = new Set<() => void>();
  #iceServers: readonly RTCIceServer[];
  /** When the credentials in them are half through their life. */
  #renewIce = 0;

  constructor(config: ServerConfig, now: () => number = Date.now) {
    this.#config = config;
    this.#session = new Session(config.phoneApi, now);
    this.#directory = new ServerDirectory(this.#session, () => {
      for (const observer of this.#observers) {
        observer();
      }
    });
    this.#now = now;
    this.#iceServers = config.iceServers;
  }

  /** The extensions of the server that are known; empty where it has none for this phone. */
  get directory(): readonly DirectoryEntry[] {
    return this.#directory.entries;
  }

  /** Whether these are all. */
  get knowsAll(): boolean {
    return this.#directory.isComplete;
  }

  /** Looks for whom a text may mean, soon, if not all are known. */
  searchDirectory(typed: string): void {
    this.#directory.search(typed);
  }

  /** Those of the configuration until the server has told of others. */
  get iceServers(): readonly RTCIceServer[] {
    return this.#iceServers;
  }

  /** Calls back when the directory changes; the result ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** The switch has accepted an extension's password, also each time that it does so again:
      that is when to look for what has changed. */
  async onPasswordAccepted(extension: string, digest: Digest): Promise<void> {
    if (this.#session.onPasswordAccepted(extension, digest)) {
      this.#forget();
    }
    await Promise.all([
      this.#config.directory ? this.#directory.load() : null,
      this.#config.turn && this.#now() >= this.#renewIce ? this.#loadIceServers() : null,
    ]);
  }

  /** The extension is not registered any more. */
  end(): void {
    this.#session.end();
    this.#forget();
  }

  /** A room that nobody else uses; null if the server does not say. */
  async conferenceRoom(): Promise<string | null> {
    const answer = await this.#session.ask('/conference', { method: 'POST', body: {} });
    const room = answer?.ok === true ? (await recordIn(answer))?.['room'] : null;
    return typeof room === 'string' ? room : null;
  }

  /** Sends a report of a fault to the administrator; whether it arrived. */
  async report(report: unknown): Promise<boolean> {
    const answer = await this.#session.ask('/reports', { method: 'POST', body: report });
    return answer?.ok === true;
  }

  async #loadIceServers(): Promise<void> {
    const answer = await this.#session.ask('/ice-servers');
    const data = answer?.ok === true ? await recordIn(answer) : null;
    const servers = data?.['iceServers'];
    const seconds = data?.['expires_in'];
    if (Array.isArray(servers) && typeof seconds === 'number') {
      this.#iceServers = servers as readonly RTCIceServer[];
      this.#renewIce = this.#now() + (seconds * 1000) / 2;
    }
  }

  #forget(): void {
    this.#iceServers = this.#config.iceServers;
    this.#renewIce = 0;
    this.#directory.forget();
  }
}
