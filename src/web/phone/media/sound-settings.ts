/* Sound as the settings show and change it: devices, their use, ringtone. Keeps microphone, outputs
   and tones on the chosen devices while devices are plugged in and unplugged. */
import { load } from '../../shared/loading';
import { microphoneCause } from '../model/causes';
import { Tones } from '../tones/tones';
import { canVibrate } from '../tones/vibration';
import type { SoundTest } from './checks';
import { chosen, Devices, pick, type Device } from './devices';
import { Microphone, type Wanted } from './microphone';
import { canChooseOutput, Outputs } from './outputs';
import { loadPreferences, savePreferences, type SoundPreferences } from './preferences';

export type Role = 'microphone' | 'speaker' | 'ringer';

export interface SoundState {
  readonly preferences: SoundPreferences;
  /** The devices to choose from; empty while `obstacle` gives a reason. */
  readonly devices: Readonly<Record<Role, readonly Device[]>>;
  /** The devices in use; null for the system's default device. */
  readonly inUse: Readonly<Record<Role, Device | null>>;
  /** Why a device cannot be chosen; empty where it can. */
  readonly obstacle: Readonly<Record<Role, string>>;
  /** Whether the device can vibrate. */
  readonly canVibrate: boolean;
  /** Notice about a device during a call, until the person has read it; empty for none. */
  readonly notice: string;
  /** Whether the browser blocks all sound, ringing too, until a click (`unlock()`). */
  readonly soundBlocked: boolean;
}

const UNNAMED = 'Allow the microphone first: the browser names no device before.';
const NO_MICROPHONE = 'There is no microphone.';
const NO_CHOICE = 'This browser plays on the output that is set in the system.';

export class SoundSettings {
  readonly microphone: Microphone;
  readonly outputs = new Outputs();
  readonly tones: Tones;
  readonly #devices = new Devices();
  readonly #observers = new Set<() => void>();
  #preferences = loadPreferences();
  /** Labels of the microphone that was opened last, and of the one that was unplugged during a
      call. */
  #opened = '';
  #lost = '';
  /** Whether a device was plugged in or unplugged a moment ago: that is then the cause of a device
      being opened now. */
  #isPlugging = false;
  #notice = '';
  #soundBlocked = false;
  #state: SoundState;

  constructor() {
    this.microphone = new Microphone(() => this.#wanted());
    this.microphone.changed = (label) => void this.#microphoneChanged(label);
    this.tones = new Tones(() => this.#preferences);
    this.tones.blocked = (blocked) => {
      this.#setBlocked(blocked);
    };
    this.outputs.blocked = () => {
      this.#setBlocked(true);
    };
    this.#state = this.#currentState();
    this.#devices.watch(() => void this.#onDeviceChange());
    void this.#applyDevices();
  }

  get state(): SoundState {
    return this.#state;
  }

  /** Calls back after every change; the returned function ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Chooses a device by its id, also for calls that are up; null leaves the choice to the phone. */
  choose(role: Role, id: string | null): void {
    const device = this.#state.devices[role].find((one) => one.id === id);
    this.prefer({ [role]: device === undefined ? null : { ...device } });
  }

  /** Changes the preferences, for calls that are up and for later ones. */
  prefer(part: Partial<SoundPreferences>): void {
    this.#preferences = { ...this.#preferences, ...part };
    savePreferences(this.#preferences);
    void this.#apply();
  }

  /** Asks the browser for the microphone, so that it gives the names of the devices. */
  async allowMicrophone(): Promise<void> {
    try {
      this.microphone.release(await this.microphone.acquire());
      await this.#applyDevices();
    } catch (error) {
      this.#reportMicrophoneError(error);
    }
  }

  /** Plays the chosen ringtone for a moment. */
  tryRinger(): void {
    this.tones.preview();
  }

  /** Reports the microphone's level, 0 to 1, until the returned function is called. Waits until the
      microphone is allowed: opening the settings is no reason to ask for permission. */
  watchLevel(observer: (level: number) => void): () => void {
    let watch: Promise<() => void> | null = null;
    const start = (): void => {
      if (watch === null && this.#state.obstacle.microphone === '') {
        watch = load(() => import('./checks')).then(({ watchLevel }) =>
          watchLevel(this.microphone, observer),
        );
        // Without a microphone there is no level; a call shows the reason.
        watch.catch(() => undefined);
      }
    };
    const endWaiting = this.subscribe(start);
    start();
    return () => {
      endWaiting();
      void watch?.then(
        (end) => {
          end();
        },
        () => undefined,
      );
    };
  }

  /** Records a few seconds and plays them back; reports the progress. */
  test(progress: (test: SoundTest) => void): void {
    import('./checks')
      .then(({ recordAndPlay }) => recordAndPlay(this.microphone, this.outputs, progress))
      .catch((error: unknown) => {
        this.#reportMicrophoneError(error);
      });
  }

  /** Plays the sound that the browser has blocked; works on a person's click only. */
  readonly unlock = (): void => {
    this.tones.unlock();
    this.outputs.unlock();
  };

  /** The person has read the notice. */
  readNotice(): void {
    this.#notice = '';
    this.#notify();
  }

  async #onDeviceChange(): Promise<void> {
    this.#isPlugging = true;
    try {
      await this.#applyDevices();
    } finally {
      this.#isPlugging = false;
    }
  }

  /** Devices were plugged in or unplugged, or got names. */
  async #applyDevices(): Promise<void> {
    await this.#devices.refresh();
    await this.#apply();
  }

  /** Applies the preferences to microphone, outputs and tones. */
  async #apply(): Promise<void> {
    this.#notify();
    const { speaker, ringer } = this.#state.inUse;
    this.outputs.route(speaker?.id ?? '');
    this.tones.route(ringer?.id ?? '', speaker?.id ?? '');
    try {
      await this.microphone.reopen();
    } catch (error) {
      this.#reportMicrophoneError(error);
    }
  }

  async #microphoneChanged(label: string | null): Promise<void> {
    if (label === null) {
      this.#lost = this.#opened;
      this.#opened = '';
      await this.#applyDevices();
      return;
    }
    const before = this.#opened;
    this.#opened = label;
    if (this.#isPlugging && before !== '' && before !== label) {
      this.#setNotice(`Now using ${label}.`);
    }
    if (this.#lost !== '') {
      this.#setNotice(`${this.#lost} was unplugged. Now using ${label}.`);
      this.#lost = '';
    }
    if (!this.#devices.isNamed) {
      await this.#applyDevices();
    }
  }

  #reportMicrophoneError(error: unknown): void {
    const { text, remedy } = microphoneCause(error);
    this.#setNotice(
      this.#lost === ''
        ? `${text}. ${remedy}`
        : `${this.#lost} was unplugged, and there is no other microphone: nobody hears you. Plug one in.`,
    );
  }

  #wanted(): Wanted {
    const { echoCancellation, noiseSuppression, autoGainControl } = this.#preferences;
    const deviceId = pick(this.#preferences.microphone, this.#devices.inputs)?.id ?? null;
    return { deviceId, echoCancellation, noiseSuppression, autoGainControl };
  }

  #setBlocked(blocked: boolean): void {
    if (blocked !== this.#soundBlocked) {
      this.#soundBlocked = blocked;
      // Any click or key on the page unblocks the sound, as the button of the notice does.
      for (const use of ['click', 'keydown']) {
        if (blocked) {
          window.addEventListener(use, this.unlock, { capture: true });
        } else {
          window.removeEventListener(use, this.unlock, { capture: true });
        }
      }
      this.#notify();
    }
  }

  #setNotice(notice: string): void {
    this.#notice = notice;
    this.#notify();
  }

  #notify(): void {
    this.#state = this.#currentState();
    for (const observer of this.#observers) {
      observer();
    }
  }

  #currentState(): SoundState {
    const { inputs, outputs } = this.#devices;
    const { microphone, speaker, ringer } = this.#preferences;
    const choosable = canChooseOutput() ? outputs : [];
    const noOutput = outputObstacle(this.#devices);
    return {
      preferences: this.#preferences,
      devices: { microphone: inputs, speaker: choosable, ringer: choosable },
      inUse: {
        microphone: pick(microphone, inputs),
        speaker: pick(speaker, choosable),
        // A person without the headset on has to hear the ringing.
        ringer: chosen(ringer, choosable),
      },
      obstacle: {
        microphone: inputs.length > 0 ? '' : this.#devices.isNamed ? NO_MICROPHONE : UNNAMED,
        speaker: noOutput,
        ringer: noOutput,
      },
      canVibrate: canVibrate(),
      notice: this.#notice,
      soundBlocked: this.#soundBlocked,
    };
  }
}

function outputObstacle(devices: Devices): string {
  if (canChooseOutput() && devices.outputs.length > 0) {
    return '';
  }
  return canChooseOutput() && !devices.isNamed ? UNNAMED : NO_CHOICE;
}
