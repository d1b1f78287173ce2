/* Sound as the settings show and change it: devices, what is used of them, how it rings. Keeps
   microphone, outputs and tones at what was chosen while devices come and go. */
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
  /** What can be chosen from; empty while `obstacle` says why. */
  readonly devices: Readonly<Record<Role, readonly Device[]>>;
  /** What is used now; null for the system's default device. */
  readonly inUse: Readonly<Record<Role, Device | null>>;
  /** Why a device cannot be chosen; empty where it can. */
  readonly obstacle: Readonly<Record<Role, string>>;
  /** Whether the device can vibrate. */
  readonly canVibrate: boolean;
  /** What happened to a device in a call, until it was read; empty for nothing. */
  readonly notice: string;
  /** The browser holds all sound back, ringing too, until a click: `unlock()`. */
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
  /** Label of the microphone that was opened last, and of the one that went away under a call. */
  #opened = '';
  #lost = '';
  /** A device came or went a moment ago: what is opened now is opened because of that. */
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
    this.#state = this.#seen();
    this.#devices.watch(() => void this.#plugged());
    void this.#adapt();
  }

  get state(): SoundState {
    return this.#state;
  }

  /** Calls back after every change; the result ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Takes a device by its id, also in calls that are up; null leaves the choice to the phone. */
  choose(role: Role, id: string | null): void {
    const device = this.#state.devices[role].find((one) => one.id === id);
    this.prefer({ [role]: device === undefined ? null : { ...device } });
  }

  /** Changes how it sounds, at once and for later. */
  prefer(part: Partial<SoundPreferences>): void {
    this.#preferences = { ...this.#preferences, ...part };
    savePreferences(this.#preferences);
    void this.#apply();
  }

  /** Asks the browser for the microphone, so that it names the devices. */
  async allowMicrophone(): Promise<void> {
    try {
      this.microphone.release(await this.microphone.acquire());
      await this.#adapt();
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Plays the chosen ringtone for a moment. */
  tryRinger(): void {
    this.tones.preview();
  }

  /** Tells the microphone's level, from 0 to 1, until the result is called. Waits until the
      microphone was allowed: opening the settings is no reason to ask for it. */
  watchLevel(observer: (level: number) => void): () => void {
    let watch: Promise<() => void> | null = null;
    const start = (): void => {
      if (watch === null && this.#state.obstacle.microphone === '') {
        watch = load(() => import('./checks')).then(({ watchLevel }) =>
          watchLevel(this.microphone, observer),
        );
        // Without a microphone there is no level; a call says why.
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

  /** Records a few seconds and plays them back; tells how far it is. */
  test(progress: (test: SoundTest) => void): void {
    import('./checks')
      .then(({ recordAndPlay }) => recordAndPlay(this.microphone, this.outputs, progress))
      .catch((error: unknown) => {
        this.#complain(error);
      });
  }

  /** Lets sound through that the browser held back; works on a person's click only. */
  readonly unlock = (): void => {
    this.tones.unlock();
    this.outputs.unlock();
  };

  /** The person has read the notice. */
  readNotice(): void {
    this.#notice = '';
    this.#tell();
  }

  async #plugged(): Promise<void> {
    this.#isPlugging = true;
    try {
      await this.#adapt();
    } finally {
      this.#isPlugging = false;
    }
  }

  /** Devices came, went or got names. */
  async #adapt(): Promise<void> {
    await this.#devices.refresh();
    await this.#apply();
  }

  /** Brings everything to what is wanted by now. */
  async #apply(): Promise<void> {
    this.#tell();
    const { speaker, ringer } = this.#state.inUse;
    this.outputs.route(speaker?.id ?? '');
    this.tones.route(ringer?.id ?? '', speaker?.id ?? '');
    try {
      await this.microphone.reopen();
    } catch (error) {
      this.#complain(error);
    }
  }

  async #microphoneChanged(label: string | null): Promise<void> {
    if (label === null) {
      this.#lost = this.#opened;
      this.#opened = '';
      await this.#adapt();
      return;
    }
    const before = this.#opened;
    this.#opened = label;
    if (this.#isPlugging && before !== '' && before !== label) {
      this.#say(`Now using ${label}.`);
    }
    if (this.#lost !== '') {
      this.#say(`${this.#lost} was unplugged. Now using ${label}.`);
      this.#lost = '';
    }
    if (!this.#devices.isNamed) {
      await this.#adapt();
    }
  }

  #complain(error: unknown): void {
    const { text, remedy } = microphoneCause(error);
    this.#say(
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
      // Any use of the page will do, as well as the button that says so.
      for (const use of ['click', 'keydown']) {
        if (blocked) {
          window.addEventListener(use, this.unlock, { capture: true });
        } else {
          window.removeEventListener(use, this.unlock, { capture: true });
        }
      }
      this.#tell();
    }
  }

  #say(notice: string): void {
    this.#notice = notice;
    this.#tell();
  }

  #tell(): void {
    this.#state = this.#seen();
    for (const observer of this.#observers) {
      observer();
    }
  }

  #seen(): SoundState {
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
        // Ringing is to be heard by somebody who has no headset on.
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
