import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { extensionError, Settings } from './settings';
import { phoneConfig as config } from '../testing/config';

const secure = { hostname: 'pbx.example.org', port: '', protocol: 'https:' };
const plain = { hostname: 'localhost', port: '6543', protocol: 'http:' };

beforeEach(() => {
  localStorage.clear();
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('default connection settings', () => {
  it('use the page’s host for {host} and for an empty domain', () => {
    const settings = new Settings(config, secure);
    expect(settings.server).toBe('wss://pbx.example.org:7443');
    expect(settings.domain).toBe('pbx.example.org');
    expect(new Settings({ ...config, domain: 'sip.{host}' }, secure).domain).toBe(
      'sip.pbx.example.org',
    );
  });

  it.each([
    ['wss://{host}/sip/ws', 'pbx.example.org', '', 'wss://pbx.example.org/sip/ws'],
    ['wss://{host}/sip/ws', 'pbx.example.org', '8443', 'wss://pbx.example.org:8443/sip/ws'],
    ['wss://{host}', 'pbx.example.org', '8443', 'wss://pbx.example.org:8443'],
    ['wss://{host}:7443', 'pbx.example.org', '8443', 'wss://pbx.example.org:7443'],
    [
      'wss://{host}:443/{host}',
      'pbx.example.org',
      '8443',
      'wss://pbx.example.org:443/pbx.example.org',
    ],
    ['wss://{host}/sip/ws', '[2001:db8::1]', '8443', 'wss://[2001:db8::1]:8443/sip/ws'],
    ['wss://{host}:7443', '[2001:db8::1]', '8443', 'wss://[2001:db8::1]:7443'],
    ['wss://sip.example.org/ws', 'pbx.example.org', '8443', 'wss://sip.example.org/ws'],
  ])('turn %s on host %s, port %j, into %s', (server, hostname, port, address) => {
    const settings = new Settings({ ...config, server }, { ...secure, hostname, port });
    expect(settings.server).toBe(address);
    expect(settings.domain).toBe(hostname);
  });
});

describe('an extension of another domain', () => {
  const settings = new Settings(config, secure);

  it('is named with its domain', () => {
    expect(settings.accountOf('1000')).toEqual({
      extension: '1000',
      domain: 'pbx.example.org',
      hasOwnDomain: false,
    });
    expect(settings.accountOf('1000@branch.example')).toEqual({
      extension: '1000',
      domain: 'branch.example',
      hasOwnDomain: true,
    });
    expect(extensionError('1000@branch.example')).toBeNull();
    expect(extensionError('1000@[2001:db8::1]')).toBeNull();
  });

  it.each(['1000@', '1000@a b', '1000@a@b'])('%j needs a domain', (typed) => {
    expect(extensionError(typed)).toContain('1000@branch.example');
  });

  it('has a number before the domain', () => {
    expect(extensionError('@branch.example')).toContain('Use letters');
  });
});

describe('connection settings of the device', () => {
  it('are remembered', () => {
    new Settings(config, secure).save(' wss://other.test ', ' other.test ');
    const later = new Settings(config, secure);
    expect(later.server).toBe('wss://other.test');
    expect(later.domain).toBe('other.test');
  });

  it('can be reset to the default, and follow it from then on', () => {
    const settings = new Settings(config, secure);
    settings.save('wss://other.test', 'other.test');
    settings.save(settings.defaultServer, settings.defaultDomain);
    const moved = new Settings({ ...config, server: 'wss://new.test', domain: 'new' }, secure);
    expect(moved.server).toBe('wss://new.test');
    expect(moved.domain).toBe('new');
  });

  it('are ignored where the administrator does not allow them', () => {
    new Settings(config, secure).save('wss://other.test', 'other.test');
    const strict = new Settings({ ...config, allowCustomServer: false }, secure);
    expect(strict.canChange).toBe(false);
    expect(strict.server).toBe('wss://pbx.example.org:7443');
    expect(strict.domain).toBe('pbx.example.org');
  });
});

describe('the check of connection settings', () => {
  const errorAt = (server: string, place = secure): string | undefined =>
    new Settings(config, place).check(server, 'pbx.test').server;

  it.each([
    'wss://pbx.test',
    'wss://pbx.test:7443/ws',
    'wss://192.0.2.1:7443',
    'wss://[2001:db8::1]',
  ])('accepts %s', (server) => {
    expect(errorAt(server)).toBeUndefined();
  });

  it.each([
    ['', /WebSocket address/],
    ['pbx.test', /WebSocket address/],
    ['https://pbx.test', /begin with wss/],
    ['wss://', /WebSocket address/],
    ['wss://user:pw@pbx.test', /no user/],
    ['wss://pbx.test/#x', /#/],
    ['javascript:alert(1)', /begin with wss/],
  ])('refuses %s', (server, message) => {
    expect(errorAt(server)).toMatch(message);
  });

  it('explains that ws:// is blocked on an https page, except for this machine', () => {
    expect(errorAt('ws://pbx.test')).toMatch(/block ws:\/\//);
    expect(errorAt('ws://127.0.0.1:5066')).toBeUndefined();
    expect(errorAt('ws://localhost:5066')).toBeUndefined();
    expect(errorAt('ws://127.evil.test')).toMatch(/block/);
    expect(errorAt('ws://pbx.test', plain)).toBeUndefined();
  });

  it.each(['pbx.test', '127.0.0.1', 'a', '[::1]'])('accepts the domain %s', (domain) => {
    expect(new Settings(config, secure).check('wss://x', domain)).toEqual({});
  });

  it.each(['', 'sip:pbx.test', 'a b', 'a@b', 'pbx.test:5060', 'pbx.test/', '-x', 'a;b', 'a\r\nb'])(
    'refuses the domain %j',
    (domain) => {
      expect(new Settings(config, secure).check('wss://x', domain).domain).toBeDefined();
    },
  );
});

describe('the extension', () => {
  it('is remembered, and nothing else is stored', () => {
    const settings = new Settings(config, secure);
    expect(settings.lastExtension).toBe('');
    settings.rememberExtension('1000');
    expect(new Settings(config, secure).lastExtension).toBe('1000');
    expect(Object.keys(localStorage)).toEqual(['sipapp.extension']);
  });

  it.each([
    ['#extension=1001', '1001'],
    ['#extension=+15550100042', '+15550100042'],
    ['#extension=%2B15550100042@branch.example', '+15550100042@branch.example'],
    ['#extension=a%20b', '1000'],
    ['#extension=%', '1000'],
    ['#extension=', '1000'],
    ['#other', '1000'],
  ])('is the one of the link %s, or the last one', (hash, extension) => {
    const settings = new Settings(config, { ...secure, hash });
    settings.rememberExtension('1000');
    expect(settings.lastExtension).toBe(extension);
  });

  it.each(['1000', 'a', 'front.desk-2_x', '+15550100042', '_x', 'x'.repeat(64)])(
    '%s is valid',
    (extension) => {
      expect(extensionError(extension)).toBeNull();
    },
  );

  it.each(['', '.a', '-1', 'a b', 'a@b c', 'ü', 'x'.repeat(65), '1000\n'])(
    '%j is invalid',
    (text) => {
      expect(extensionError(text)).not.toBeNull();
    },
  );
});

it('is remembered without storage for as long as the page lives', () => {
  vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
    throw new DOMException('', 'SecurityError');
  });
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('', 'SecurityError');
  });
  const settings = new Settings(config, secure);
  settings.rememberExtension('1000');
  expect(settings.server).toBe('wss://pbx.example.org:7443');
});
