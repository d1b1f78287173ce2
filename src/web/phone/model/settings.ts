/* Connection settings: the server's configuration, or what the person set instead on this device.
   Also remembers the last extension; never a password. */
import { readStored, writeStored } from '../../shared/storage';
import type { Account } from './account';
import type { PhoneConfig } from './config';

const EXTENSION = 'sipapp.extension';
const SERVER = 'sipapp.server';
const DOMAIN = 'sipapp.domain';

/** The parts of the page's address that are needed here. */
export interface PageAddress {
  readonly hostname: string;
  /** Port; empty for the default of http or https. */
  readonly port: string;
  readonly protocol: string;
  /** What stands behind the path, such as `#extension=1000`. */
  readonly hash?: string;
}

export interface ServerErrors {
  readonly server?: string;
  readonly domain?: string;
}

export class Settings {
  readonly canChange: boolean;
  readonly #config: PhoneConfig;
  readonly #page: PageAddress;

  constructor(config: PhoneConfig, place: PageAddress) {
    this.canChange = config.allowCustomServer;
    this.#config = config;
    this.#page = place;
  }

  get server(): string {
    return this.#own(SERVER) ?? this.defaultServer;
  }

  get domain(): string {
    return this.#own(DOMAIN) ?? this.defaultDomain;
  }

  get defaultServer(): string {
    const { server } = this.#config;
    const { port } = this.#page;
    // An address without a port gets the page's port.
    return this.#filled(
      port === '' ? server : server.replace(/^(wss?:\/\/\{host\})(?!:)/, `$1:${port}`),
    );
  }

  get defaultDomain(): string {
    return this.#filled(this.#config.domain) || this.#page.hostname;
  }

  /** The extension that a link of the administrator names, or the last one. */
  get lastExtension(): string {
    return linkedExtension(this.#page.hash ?? '') || (readStored(EXTENSION) ?? '');
  }

  rememberExtension(extension: string): void {
    writeStored(EXTENSION, extension);
  }

  /** Extension and domain of what was typed: 1000, or 1000@branch.example for another domain. */
  accountOf(typed: string): Pick<Account, 'extension' | 'domain' | 'hasOwnDomain'> {
    const [extension = '', domain = this.domain] = typed.split('@');
    return { extension, domain, hasOwnDomain: typed.includes('@') };
  }

  /** The errors in server address and domain, judged for the page that is open. */
  check(server: string, domain: string): ServerErrors {
    const atServer = serverError(server.trim(), this.#page);
    const atDomain = domainError(domain.trim());
    return {
      ...(atServer === null ? {} : { server: atServer }),
      ...(atDomain === null ? {} : { domain: atDomain }),
    };
  }

  /** Stores only what differs from the configuration, so that later changes of the configuration
      take effect. */
  save(server: string, domain: string): void {
    writeStored(SERVER, server.trim() === this.defaultServer ? null : server.trim());
    writeStored(DOMAIN, domain.trim() === this.defaultDomain ? null : domain.trim());
  }

  /** The settings of this device, unless the administrator has forbidden them since. */
  #own(key: string): string | null {
    return this.canChange ? readStored(key) : null;
  }

  #filled(text: string): string {
    return text.replaceAll('{host}', this.#page.hostname);
  }
}

/** The extension of `#extension=1000`; empty if there is none. A plus sign stands for itself, which
    it does not in a query. */
function linkedExtension(hash: string): string {
  const [, text = ''] = /^#extension=(.*)$/.exec(hash) ?? [];
  try {
    const extension = decodeURIComponent(text);
    return extensionError(extension) === null ? extension : '';
  } catch {
    return '';
  }
}

export function extensionError(extension: string): string | null {
  if (extension === '') {
    return 'Enter the extension, for example 1000.';
  }
  const [user = '', ...domain] = extension.split('@');
  if (domain.length > 0 && domainError(domain.join('@')) !== null) {
    return 'Enter a domain behind the “@”, for example 1000@branch.example.';
  }
  return /^[A-Za-z0-9_+][A-Za-z0-9_+.-]{0,63}$/.test(user)
    ? null
    : 'Use letters, digits, plus, dot, dash and underscore: at most 64, no dot or dash first.';
}

function serverError(server: string, place: PageAddress): string | null {
  let url: URL;
  try {
    url = new URL(server);
  } catch {
    return 'Enter a WebSocket address, for example wss://pbx.example.org:7443.';
  }
  if (url.protocol !== 'wss:' && url.protocol !== 'ws:') {
    return 'The address has to begin with wss:// or ws://.';
  }
  if (url.hostname === '') {
    return 'The address names no host. Example: wss://pbx.example.org:7443.';
  }
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    return 'The address may hold no user, password or #.';
  }
  if (url.protocol === 'ws:' && place.protocol === 'https:' && !isLoopback(url.hostname)) {
    return 'Browsers block ws:// from a page opened by https://. Use a wss:// address.';
  }
  return null;
}

function domainError(domain: string): string | null {
  if (domain === '') {
    return 'Enter the SIP domain, for example pbx.example.org.';
  }
  return /^([A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])$/.test(domain)
    ? null
    : 'Enter a host name or an IP address only, without sip:, port or path.';
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
