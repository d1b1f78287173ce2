/* JsSIP's connection to the switch, as liveness watches and mends it. */
import type { UA, WebSocketInterface } from 'jssip';
import type { Line } from './liveness';

/* JsSIP's types know neither of sendOptions and the transport, nor of what a socket calls back. */
type Heard = (event: { readonly response?: unknown }) => void;
interface Inner {
  readonly transport: { connect(): void; isConnecting(): boolean };
  sendOptions(
    target: string,
    body: undefined,
    options: { readonly eventHandlers: Readonly<Record<'succeeded' | 'failed', Heard>> },
  ): void;
}
interface CallingBack {
  ondisconnect(error: boolean, code: number, reason: string): void;
}

export function connectionOf(
  ua: UA,
  socket: WebSocketInterface,
  domain: string,
): Pick<Line, 'state' | 'ask' | 'renew'> {
  const inner = ua as unknown as Inner;
  const state = (): ReturnType<Line['state']> => {
    if (ua.isConnected()) {
      return 'up';
    }
    return inner.transport.isConnecting() ? 'connecting' : 'down';
  };
  return {
    state,
    ask: (answered) => {
      const heard: Heard = ({ response }) => {
        // A failure without an answer is a time-out or a socket that is gone.
        if (response !== undefined && response !== null) {
          answered();
        }
      };
      const eventHandlers = { succeeded: heard, failed: heard };
      inner.sendOptions(`sip:${domain}`, undefined, { eventHandlers });
    },
    renew: () => {
      // A dead connection's closing handshake would have to time out first.
      if (state() !== 'down') {
        socket.disconnect();
        (socket as unknown as CallingBack).ondisconnect(true, 4000, 'no answer');
      }
      // JsSIP alone would wait for 1 to 30 s, the longer the more often it failed.
      inner.transport.connect();
    },
  };
}
