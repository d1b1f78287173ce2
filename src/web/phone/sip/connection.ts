/* JsSIP's connection to the switch, as the liveness check probes and reconnects it. */
import type { UA, WebSocketInterface } from 'jssip';
import { abandonSocket, connectNow, isConnecting, sendOptions } from './internals';
import type { ConnectionProbe } from './liveness';

/** The connection that the liveness check uses: the connection of `ua` by this socket. */
export function connectionProbe(
  ua: UA,
  socket: WebSocketInterface,
  domain: string,
): Pick<ConnectionProbe, 'state' | 'ask' | 'renew'> {
  const state = (): ReturnType<ConnectionProbe['state']> => {
    if (ua.isConnected()) {
      return 'up';
    }
    return isConnecting(ua) ? 'connecting' : 'down';
  };
  return {
    state,
    ask: (answered) => {
      sendOptions(ua, `sip:${domain}`, answered);
    },
    renew: () => {
      if (state() !== 'down') {
        abandonSocket(socket);
      }
      connectNow(ua);
    },
  };
}
