import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cause } from '../model/causes';
import {
  agent,
  button,
  field,
  made,
  names,
  nameOf,
  open,
  press,
  register,
  registered,
  setUp,
  shown,
  soon,
  tearDown,
  text,
  type,
  view,
} from '../testing/view-bench';

beforeEach(setUp);
afterEach(tearDown);

describe('the bar', () => {
  it('has one status, the tools, and a link to the admin page', async () => {
    await open();
    expect(view().querySelectorAll('[role="status"], output')).toHaveLength(1);
    expect(view().querySelector('[role="status"]')?.textContent).toBe('Not registered');
    expect(names().slice(0, 3)).toEqual(['Dark theme', 'Settings', 'Extension admin']);
    expect(view().querySelector('a')?.getAttribute('href')).toBe('/sip/admin');
  });

  it('toggles the theme', async () => {
    await open();
    await press('Dark theme');
    expect(document.documentElement.dataset['theme']).toBe('dark');
    await press('Light theme');
    expect(document.documentElement.dataset['theme']).toBe('light');
  });

  it('follows the registration', async () => {
    await open();
    await register();
    expect(text('[role="status"]')).toBe('Registering');
    agent().listener.registered();
    await shown();
    expect(text('[role="status"]')).toBe('Registered as 1000');
    agent().listener.registering();
    await shown();
    expect(text('[role="status"]')).toBe('Registering');
    expect(field('Number to call')).toBeDefined();
  });
});

describe('registering', () => {
  it('passes on the credentials and stores the password nowhere', async () => {
    await open();
    expect(field('Password').type).toBe('password');
    expect(field('Password').autocomplete).toBe('current-password');
    await register();
    expect(agent().account).toEqual({
      extension: '1000',
      password: 'secret',
      hasOwnDomain: false,
      server: 'wss://pbx.test:7443',
      domain: 'pbx.test',
    });
    expect(button('Register').disabled).toBe(true);
    expect(JSON.stringify(Object.entries(localStorage))).not.toContain('secret');
    expect(localStorage.getItem('sipapp.extension')).toBe('1000');
  });

  it('is done in the domain that is typed behind the extension', async () => {
    await open();
    await type('Extension', '1000@branch.example');
    await type('Password', 'secret');
    await press('Register');
    expect(agent().account).toMatchObject({ extension: '1000', domain: 'branch.example' });
    expect(localStorage.getItem('sipapp.extension')).toBe('1000@branch.example');
  });

  it('shows at its field what is missing, and does not register', async () => {
    await open();
    await press('Register');
    expect(text('#extension-error')).toMatch(/Enter the extension/);
    expect(text('#password-error')).toMatch(/Enter the password/);
    expect(field('Extension').getAttribute('aria-invalid')).toBe('true');
    expect(made()).toEqual([]);
  });

  it('shows and hides the password', async () => {
    await open();
    await press('Show password');
    expect(field('Password').type).toBe('text');
    await press('Hide password');
    expect(field('Password').type).toBe('password');
  });

  it('shows why it failed and what to do, and keeps the fields', async () => {
    await open();
    await register();
    agent().listener.failed(cause('wrong-password'));
    await shown();
    expect(text('[role="status"]')).toBe('Registration failed: Wrong extension or password');
    expect(text('.register-state')).toBe(cause('wrong-password').remedy);
    expect(field('Password').value).toBe('secret');
    expect(button('Register').disabled).toBe(false);
  });

  it('waits for the phone, which may be loaded later', async () => {
    await open();
    const { phone } = view();
    view().phone = null;
    await register();
    expect(made()).toEqual([]);
    view().phone = phone;
    await view().updateComplete;
    expect(made()).toHaveLength(1);
    view().requestUpdate();
    await soon();
    expect(made()).toHaveLength(1);
    expect(text('[role="status"]')).toBe('Registering');
  });

  it('links to the certificate of a server that cannot be reached', async () => {
    await open();
    await register();
    agent().listener.failed(cause('unreachable'));
    await shown();
    const link = view().querySelector<HTMLAnchorElement>('.register-state a');
    expect(link?.getAttribute('href')).toBe(view().settings?.server.replace('wss:', 'https:'));
    expect(link?.rel).toBe('noreferrer');
  });

  it('can be cancelled', async () => {
    await open();
    await register();
    await press('Cancel');
    expect(text('[role="status"]')).toBe('Not registered');
    expect(agent().stopped).toBe(true);
  });

  it('offers the last extension, and an empty password', async () => {
    await registered();
    await press('Unregister');
    expect(text('[role="status"]')).toBe('Not registered');
    expect(field('Extension').value).toBe('1000');
    expect(field('Password').value).toBe('');
  });

  it('explains a configured address that cannot work on this page', async () => {
    await open({ server: 'ws://other.test' });
    await register();
    expect(made()).toEqual([]);
    expect(view().querySelector('dialog')?.open).toBe(true);
    expect(text('#server-error')).toMatch(/block ws/);
  });
});

describe('settings', () => {
  it('store another server and domain for the next registration', async () => {
    await open();
    await press('Settings');
    expect(field('Server').value).toBe('wss://pbx.test:7443');
    await type('Server', 'wss://other.test');
    await type('Domain', 'other.test');
    await press('Save');
    expect(view().querySelector('dialog')).toBeNull();
    await register();
    expect(agent().account).toMatchObject({ server: 'wss://other.test', domain: 'other.test' });
  });

  it('show at the field which value cannot work', async () => {
    await open();
    await press('Settings');
    await type('Server', 'http://x');
    await type('Domain', 'a b');
    await press('Save');
    expect(text('#server-error')).toMatch(/begin with/);
    expect(text('#domain-error')).toMatch(/host name/);
    expect(view().querySelector('dialog')?.open).toBe(true);
  });

  it('go back to the default', async () => {
    await open();
    localStorage.setItem('sipapp.server', 'wss://other.test');
    await press('Settings');
    expect(field('Server').value).toBe('wss://other.test');
    await press('Use the default');
    expect(field('Server').value).toBe('wss://pbx.test:7443');
    await press('Save');
    expect(localStorage.getItem('sipapp.server')).toBeNull();
  });

  it('change nothing when cancelled', async () => {
    await open();
    await press('Settings');
    await type('Server', 'wss://other.test');
    const cancel = [...view().querySelectorAll('dialog button')].find(
      (one) => nameOf(one) === 'Cancel',
    );
    (cancel as HTMLButtonElement).click();
    await shown();
    expect(view().querySelector('dialog')).toBeNull();
    expect(localStorage.getItem('sipapp.server')).toBeNull();
  });

  it('are read-only where the administrator says so', async () => {
    await open({ allowCustomServer: false });
    await press('Settings');
    expect(field('Server').readOnly).toBe(true);
    expect(field('Domain').readOnly).toBe(true);
    expect(text('dialog')).toContain('Set by your administrator');
    await press('Close');
    expect(view().querySelector('dialog')).toBeNull();
  });
});

it('shows why it cannot start', async () => {
  await open();
  view().fault = 'The server sent a faulty configuration.';
  await shown();
  expect(text('[role="alert"]')).toContain('faulty configuration');
});
