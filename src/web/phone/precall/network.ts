/* Checks of the connection to the switch: a separate WebSocket, its certificate, and the
   registration. */
import type { PhoneState } from '../model/state';
import { fault, ok, warning, type CheckResult } from './check-result';

/** Timeout for opening a connection, in ms. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Time from which on a connection counts as slow, in ms. */
const SLOW_MS = 1_000;

/** Milliseconds that opening took; null if the connection could not be opened. */
export function open(server: string): Promise<number | null> {
  const begin = performance.now();
  return new Promise((resolve) => {
    const socket = new WebSocket(server, 'sip');
    const done = (took: number | null): void => {
      window.clearTimeout(latest);
      socket.close();
      resolve(took);
    };
    const latest = window.setTimeout(done, CONNECT_TIMEOUT_MS, null);
    socket.addEventListener('open', () => {
      done(performance.now() - begin);
    });
    socket.addEventListener('error', () => {
      done(null);
    });
  });
}

export function checkConnection(server: string, took: number | null): CheckResult {
  if (took === null) {
    return fault(
      `${server} cannot be reached. Check the network, and the server address under Settings; a firewall may block its port.`,
    );
  }
  const time = `${Math.round(took)} ms`;
  return took < SLOW_MS
    ? ok(`${server} answers in ${time}.`)
    : warning(`${server} takes ${time} to answer. The network or the server is slow.`);
}

export function checkCertificate(server: string, took: number | null): CheckResult {
  const { protocol, hostname, host } = new URL(server);
  if (protocol === 'ws:') {
    return isLoopback(hostname)
      ? ok('None is needed: the server is this machine.')
      : warning('The connection is not encrypted (ws://). Ask your administrator for wss://.');
  }
  return took === null
    ? warning(
        `It cannot be seen without a connection. Open https://${host} in another tab: if the browser warns there, the certificate is the cause.`,
      )
    : ok(`The browser trusts the certificate of ${hostname}.`);
}

export function checkRegistration({ registration, connected }: PhoneState): CheckResult {
  switch (registration.state) {
    case 'none':
      return warning('Not registered: nobody can call, and no call can be tried.');
    case 'registering':
      return warning('Not registered at the moment. The phone is trying.');
    case 'failed':
      return fault(`${registration.cause.text}. ${registration.cause.remedy}`);
    case 'registered':
      return connected
        ? ok(`Registered as ${registration.extension}.`)
        : warning('The connection to the server is lost. The phone is connecting again.');
  }
}

function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
