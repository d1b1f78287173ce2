/* Checks of the STUN and TURN servers, which audio needs behind NAT and firewalls. */
import { fault, ok, warning, type CheckResult } from './check-result';

/** Timeout of one server, in ms. */
const GATHERING_TIMEOUT_MS = 5_000;
/** The error code of a TURN server for a wrong user or password (RFC 8656, section 9.2). */
const UNAUTHORIZED = 401;

type Kind = 'srflx' | 'relay';

interface Gathered {
  /** Milliseconds until the first candidate of that type; null if there was none. */
  readonly took: number | null;
  /** Whether gathering ended before the timeout. */
  readonly isComplete: boolean;
  readonly errors: readonly number[];
}

export async function checkStun(servers: readonly RTCIceServer[]): Promise<CheckResult> {
  const wanted = only(servers, /^stuns?:/);
  if (wanted.length === 0) {
    return ok('None is set, and none is needed where phone and server see each other.');
  }
  const { took, isComplete, errors } = await gather(wanted, 'srflx');
  if (took !== null) {
    return ok(`Found this network’s public address in ${Math.round(took)} ms.`);
  }
  return isComplete && errors.length === 0
    ? ok('Nothing translates addresses (NAT) on the way.')
    : fault(
        `${namesOf(wanted)} does not answer. A firewall may block UDP; calls out of this network may have no sound.`,
      );
}

export async function checkTurn(servers: readonly RTCIceServer[]): Promise<CheckResult> {
  const wanted = only(servers, /^turns?:/);
  if (wanted.length === 0) {
    return ok('None is set. Behind a firewall that blocks UDP calls would have no sound.');
  }
  const { took, errors } = await gather(wanted, 'relay');
  if (took !== null) {
    return ok(`Got a relayed address in ${Math.round(took)} ms.`);
  }
  return errors.includes(UNAUTHORIZED)
    ? fault(`${namesOf(wanted)} refuses the credentials. Tell your administrator.`)
    : warning(
        `${namesOf(wanted)} gives no relayed address. Behind a strict firewall calls would have no sound.`,
      );
}

function only(servers: readonly RTCIceServer[], scheme: RegExp): readonly RTCIceServer[] {
  return servers
    .map((server) => ({ ...server, urls: [server.urls].flat().filter((url) => scheme.test(url)) }))
    .filter(({ urls }) => urls.length > 0);
}

function namesOf(servers: readonly RTCIceServer[]): string {
  return servers.flatMap(({ urls }) => urls).join(', ');
}

async function gather(iceServers: readonly RTCIceServer[], kind: Kind): Promise<Gathered> {
  const connection = new RTCPeerConnection({
    iceServers: [...iceServers],
    iceTransportPolicy: kind === 'relay' ? 'relay' : 'all',
  });
  const begin = performance.now();
  const errors: number[] = [];
  try {
    return await new Promise<Gathered>((resolve) => {
      const done = (took: number | null, isComplete: boolean): void => {
        window.clearTimeout(latest);
        resolve({ took, isComplete, errors });
      };
      const latest = window.setTimeout(done, GATHERING_TIMEOUT_MS, null, false);
      connection.addEventListener('icecandidateerror', ({ errorCode }) => {
        errors.push(errorCode);
      });
      connection.addEventListener('icecandidate', ({ candidate }) => {
        if (candidate?.type === kind) {
          done(performance.now() - begin, false);
        } else if (candidate === null) {
          done(null, true);
        }
      });
      connection.addTransceiver('audio');
      void connection.setLocalDescription();
    });
  } finally {
    connection.close();
  }
}
