/** The rules of the country of the switch, as the server's configuration gives them. */
export interface Numbering {
  /** Country code, such as `49`. */
  readonly code: string;
  /** Prefix of national numbers; empty in countries without one. */
  readonly trunk: string;
  /** Prefix of international numbers. */
  readonly international: string;
  /** The fewest and the most digits of a national number, without prefixes. Numbers with fewer are
      extensions. */
  readonly shortest: number;
  readonly longest: number;
  /** Prefix for an outside line; `+` to send all outside numbers as `+` and country code. */
  readonly outside: string;
}

/** The configuration that the server puts into the page's `phone-config` script element. */
export interface PhoneConfig {
  /** WebSocket address; `{host}` is replaced by the page's host. */
  readonly server: string;
  /** SIP domain; empty for the page's host. */
  readonly domain: string;
  readonly allowCustomServer: boolean;
  readonly iceServers: readonly RTCIceServer[];
  /** Whether the server issues credentials for a TURN server. */
  readonly turn: boolean;
  /** Number of an echo service, which plays back the caller's sound. */
  readonly echoNumber: string;
  /** Prefix of the numbers of conference rooms; empty where there are none. */
  readonly conferencePrefix: string;
  /** Number without an extension; an INVITE with Replaces to it takes over a call. */
  readonly recoveryUser: string;
  /** Number of the voicemail box of the calling extension; empty where there is none. */
  readonly voicemailNumber: string;
  /** Prefix for picking up the call that rings at an extension; empty for none. */
  readonly pickupPrefix: string;
  /** Null where no country is configured. */
  readonly numbering: Numbering | null;
  /** Whether a call may ask to be answered without a click (intercom). */
  readonly autoAnswer: boolean;
  /** Whether the server gives the names of all extensions. */
  readonly directory: boolean;
  /** Where the phone gets the presence of extensions. */
  readonly presence: 'server' | 'sip' | 'off';
  /** Whether the server accepts problem reports. */
  readonly reports: boolean;
  /** Base address of the server's API for phones, without a slash at its end. */
  readonly phoneApi: string;
  readonly serviceWorker: string;
  readonly adminUrl: string;
  /** Whether the page comes from the service worker's cache, because the server was unreachable. */
  readonly offline: boolean;
}

/** Reads the configuration; throws an Error that names the key at fault. */
export function parseConfig(json: string): PhoneConfig {
  const data: unknown = JSON.parse(json);
  if (!isRecord(data)) {
    throw new Error('phone-config is not an object');
  }
  const text = (key: string): string => {
    const value = data[key];
    if (typeof value !== 'string') {
      throw new Error(`phone-config: ${key} is not a string`);
    }
    return value;
  };
  const may = (key: string): boolean => data[key] === true;
  return {
    server: text('server'),
    domain: text('domain'),
    allowCustomServer: may('allowCustomServer'),
    iceServers: iceServers(data['iceServers'] ?? []),
    turn: may('turn'),
    echoNumber: text('echoNumber'),
    conferencePrefix: text('conferencePrefix'),
    recoveryUser: text('recoveryUser'),
    voicemailNumber: text('voicemailNumber'),
    pickupPrefix: text('pickupPrefix'),
    numbering: isRecord(data['numbering']) ? (data['numbering'] as unknown as Numbering) : null,
    autoAnswer: may('autoAnswer'),
    directory: may('directory'),
    presence: presenceSource(data['presence']),
    reports: may('reports'),
    phoneApi: text('phoneApi'),
    serviceWorker: text('serviceWorker'),
    adminUrl: text('adminUrl'),
    offline: may('offline'),
  };
}

function presenceSource(value: unknown): PhoneConfig['presence'] {
  return value === 'server' || value === 'sip' ? value : 'off';
}

function iceServers(value: unknown): RTCIceServer[] {
  if (!Array.isArray(value)) {
    throw new Error('phone-config: iceServers is not a list');
  }
  return value.map((entry: unknown) => {
    const urls = isRecord(entry) ? entry['urls'] : undefined;
    if (!isRecord(entry) || !(typeof urls === 'string' || isTexts(urls))) {
      throw new Error('phone-config: an entry of iceServers has no urls');
    }
    const server: RTCIceServer = { urls };
    if (typeof entry['username'] === 'string') {
      server.username = entry['username'];
    }
    if (typeof entry['credential'] === 'string') {
      server.credential = entry['credential'];
    }
    return server;
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
