/* The API of the sipapp server for a phone with a session: directory, presence, TURN credentials,
   conference rooms and reports. */
import type { PhoneConfig } from '../model/config';
import type { Digest } from '../model/account';
import type { Presence } from '../model/state';
import type { DirectoryEntry } from './directory';
import { ServerDirectory } from './server-directory';
import { ServerPresence } from './server-presence';
import { parseObject, Session } from './server-session';

export type ServerConfig = Pick<
  PhoneConfig,
  'phoneApi' | 'directory' | 'presence' | 'iceServers' | 'turn'
>;

export class PhoneServer {
  readonly #config: ServerConfig;
  readonly #session: Session;
  readonly #directory: ServerDirectory;
  readonly #presence: ServerPresence;
  readonly #now: () => number;
  readonly #observers = new Set<() => void>();
  #iceServers: readonly RTCIceServer[];
  /** The time from which the credentials in them are renewed, after half of their lifetime, and the
      timer for it. */
  #iceRenewalAt = 0;
  #iceRenewal: number | undefined;

  constructor(config: ServerConfig, now: () => number = Date.now) {
    this.#config = config;
    this.#session = new Session(config.phoneApi, now);
    const changed = (): void => {
      for (const observer of this.#observers) {
        observer();
      }
    };
    this.#directory = new ServerDirectory(this.#session, changed);
    this.#presence = new ServerPresence(this.#session, changed, now);
    this.#now = now;
    this.#iceServers = config.iceServers;
  }

  /** The loaded extensions of the server; empty where it has none for this phone. */
  get directory(): readonly DirectoryEntry[] {
    return this.#directory.entries;
  }

  /** Whether a number is that of a loaded extension. */
  isExtension(number: string): boolean {
    return this.#directory.has(number);
  }

  /** Whether all extensions are loaded. */
  get isDirectoryComplete(): boolean {
    return this.#directory.isComplete;
  }

  /** Searches the directory for a typed text, unless all of it is loaded. */
  searchDirectory(typed: string): void {
    this.#directory.search(typed);
  }

  /** The name of an extension's number; empty if it is not known, and soon it may be. */
  nameOf(number: string): string {
    return this.#directory.nameOf(number);
  }

  /** The presence of watched extensions, as far as the server knows it. */
  get presence(): ReadonlyMap<string, Presence> {
    return this.#presence.states;
  }

  /** Asks for the presence of exactly these extensions, while a view shows it. */
  watchPresence(extensions: readonly string[]): void {
    this.#presence.watch(extensions);
  }

  /** A view shows presence, until it calls the returned function. */
  showPresence(): () => void {
    return this.#presence.show();
  }

  /** The ICE servers: those of the configuration until the server has sent others. */
  get iceServers(): readonly RTCIceServer[] {
    return this.#iceServers;
  }

  /** Calls back when directory or presence change; returns the function to unsubscribe. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** The switch has accepted an extension's password, at each registration: reloads the
      directory, and TURN credentials that are to be renewed. */
  async onPasswordAccepted(extension: string, digest: Digest): Promise<void> {
    if (this.#session.onPasswordAccepted(extension, digest)) {
      this.#reset();
    }
    if (this.#config.presence === 'server') {
      this.#presence.start();
    }
    await Promise.all([
      this.#config.directory ? this.#directory.load() : null,
      this.#config.turn && this.#now() >= this.#iceRenewalAt ? this.#loadIceServers() : null,
    ]);
  }

  /** The extension is not registered any more. */
  end(): void {
    this.#session.end();
    this.#reset();
  }

  /** A free conference room; null if the server has none. */
  async conferenceRoom(): Promise<string | null> {
    const answer = await this.#session.request('/conference', { method: 'POST', body: {} });
    const room = answer?.ok === true ? (await parseObject(answer))?.['room'] : null;
    return typeof room === 'string' ? room : null;
  }

  /** Sends a fault report to the administrator; returns whether it arrived. */
  async report(report: unknown): Promise<boolean> {
    const answer = await this.#session.request('/reports', { method: 'POST', body: report });
    return answer?.ok === true;
  }

  async #loadIceServers(): Promise<void> {
    const answer = await this.#session.request('/ice-servers');
    const data = answer?.ok === true ? await parseObject(answer) : null;
    const servers = data?.['iceServers'];
    const seconds = data?.['expires_in'];
    if (Array.isArray(servers) && typeof seconds === 'number') {
      this.#iceServers = servers as readonly RTCIceServer[];
      const delay = (seconds * 1000) / 2;
      this.#iceRenewalAt = this.#now() + delay;
      window.clearTimeout(this.#iceRenewal);
      // After a failure, the next registration repeats it.
      this.#iceRenewal = window.setTimeout(() => void this.#loadIceServers(), delay);
    }
  }

  #reset(): void {
    this.#iceServers = this.#config.iceServers;
    this.#iceRenewalAt = 0;
    window.clearTimeout(this.#iceRenewal);
    this.#directory.reset();
    this.#presence.reset();
  }
}
