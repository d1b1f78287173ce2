/* The test before a call: the checks of everything that a call needs, in order, each with a line of
   its own. */
import { checkMicrophone, checkSpeaker, type DeviceDeps } from './devices';
import { checkEcho, type EchoPhone } from './echo';
import { checkStun, checkTurn } from './ice';
import { checkCertificate, checkConnection, checkRegistration, open } from './network';
import type { CheckResult } from './check-result';

export interface PrecallDeps {
  readonly devices: DeviceDeps;
  readonly phone: EchoPhone;
  /** WebSocket address of the switch. */
  readonly server: string;
  readonly iceServers: readonly RTCIceServer[];
  /** Empty if there is no echo service. */
  readonly echoNumber: string;
}

export interface PrecallCheck {
  readonly name: string;
  run(): Promise<CheckResult> | CheckResult;
}

export function precallChecks(deps: PrecallDeps): readonly PrecallCheck[] {
  const { devices, phone, server, iceServers, echoNumber } = deps;
  let opening: Promise<number | null> | null = null;
  const opened = (): Promise<number | null> => (opening ??= open(server));
  return [
    { name: 'Microphone', run: () => checkMicrophone(devices) },
    { name: 'Speaker', run: () => checkSpeaker(devices) },
    { name: 'Connection (WebSocket)', run: async () => checkConnection(server, await opened()) },
    { name: 'Certificate', run: async () => checkCertificate(server, await opened()) },
    { name: 'Registration', run: () => checkRegistration(phone.state) },
    { name: 'STUN', run: () => checkStun(iceServers) },
    { name: 'TURN', run: () => checkTurn(iceServers) },
    { name: 'Sound there and back', run: () => checkEcho(phone, echoNumber) },
  ];
}
