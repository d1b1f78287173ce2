/** What the server hands to the page in its `phone-config` script element. */
export interface PhoneConfig {
  /** WebSocket address; `{host}` stands for the page's host. */
  readonly server: string;
  /** SIP domain; empty for the page's host. */
  readonly domain: string;
  readonly allowCustomServer: boolean;
  readonly iceServers: readonly RTCIceServer[];
  readonly adminUrl: string;
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
  return {
    server: text('server'),
    domain: text('domain'),
    allowCustomServer: data['allowCustomServer'] === true,
    iceServers: iceServers(data['iceServers'] ?? []),
    adminUrl: text('adminUrl'),
  };
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
