/* Media session and wake lock of a call: the screen stays on, and the keys of a headset, a lock
   screen or a picture-in-picture window mute and hang up. */
import type { Commands } from '../model/commands';
import type { Line, PhoneState } from '../model/state';
import { lineName } from '../ui/texts';

type Phone = Pick<Commands, 'hangUp' | 'setMuted'> & {
  readonly state: PhoneState;
  subscribe(observer: () => void): () => void;
};

/** Not in the types: https://w3c.github.io/mediasession/#enumdef-mediasessionaction */
type CallAction = 'togglemicrophone' | 'hangup';
interface CallSession {
  setActionHandler(action: CallAction, handler: (() => void) | null): void;
  setMicrophoneActive(active: boolean): void;
  metadata: MediaMetadata | null;
}

export function startMediaSession(phone: Phone): void {
  const screen = new ScreenLock();
  phone.subscribe(() => {
    const line = openLine(phone.state);
    screen.keep(line !== null);
    describe(phone, line);
  });
}

function openLine({ lines, openLine: id }: PhoneState): Line | null {
  return lines.find((line) => line.id === id && line.state === 'active') ?? null;
}

function describe(phone: Phone, line: Line | null): void {
  const session = (navigator as { mediaSession?: unknown }).mediaSession as CallSession | undefined;
  try {
    describeParty(session, line);
    session?.setMicrophoneActive(line?.muted === false);
    session?.setActionHandler(
      'togglemicrophone',
      line &&
        (() => {
          phone.setMuted(line.id, !line.muted);
        }),
    );
    session?.setActionHandler(
      'hangup',
      line &&
        (() => {
          phone.hangUp(line.id);
        }),
    );
  } catch {
    // Older browsers do not support these actions.
  }
}

/** Shows with whom the call is where the browser shows its keys. */
function describeParty(session: CallSession | undefined, line: Line | null): void {
  const title = line === null ? '' : lineName(line);
  if (session !== undefined && 'MediaMetadata' in window && session.metadata?.title !== title) {
    session.metadata = title === '' ? null : new MediaMetadata({ title });
  }
}

/** A mobile phone whose screen is off suspends the page, and with it the call. */
class ScreenLock {
  #wanted = false;
  #lock: Promise<WakeLockSentinel | null> | null = null;

  constructor() {
    // The browser releases the wake lock of a hidden page.
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden && this.#wanted) {
        this.#lock = request();
      }
    });
  }

  keep(wanted: boolean): void {
    if (wanted === this.#wanted) {
      return;
    }
    this.#wanted = wanted;
    if (wanted) {
      this.#lock = request();
    } else {
      void this.#lock?.then((lock) => lock?.release());
      this.#lock = null;
    }
  }
}

async function request(): Promise<WakeLockSentinel | null> {
  try {
    return (await (navigator.wakeLock as WakeLock | undefined)?.request('screen')) ?? null;
  } catch {
    // Refused, for example with a low battery.
    return null;
  }
}
