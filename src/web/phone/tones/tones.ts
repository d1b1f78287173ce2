/* Tones and the device for each: ringing on the ringer's device, tones of a call on the call's
   device. Ringback and the waiting tone play until another sound is set; the busy tone ends by
   itself. */
import type { SignalTone, SignalTones } from './sounds';
import { render, type Ringtone, type Tone } from './patterns';
import { Player } from './player';
import { Vibration } from './vibration';

/** Length of a ringtone preview, in milliseconds. */
const PREVIEW_MS = 3000;

export interface Ringing {
  readonly ringtone: Ringtone;
  readonly ringVolume: number;
  readonly vibration: boolean;
}

export class Tones implements SignalTones {
  /** Called when the browser blocks sound until a click, and when it allows it. */
  blocked: (blocked: boolean) => void = () => undefined;
  readonly #ringing: () => Ringing;
  readonly #ringerOutput = new Player();
  readonly #callOutput = new Player();
  readonly #vibration = new Vibration();
  #playing: SignalTone = 'none';
  #preview: number | undefined;

  constructor(ringing: () => Ringing) {
    this.#ringing = ringing;
    // The autoplay policy is the same for both outputs, so the ringer's result holds for the call's
    // output too.
    this.#ringerOutput.blocked = (blocked) => {
      this.blocked(blocked);
    };
  }

  /** Unlocks sound; to be called on a person's click, because browsers block it before. */
  unlock(): void {
    void this.#ringerOutput.probe();
    void this.#callOutput.probe();
  }

  play(sound: SignalTone): void {
    if (sound === this.#playing) {
      return;
    }
    this.#endPreview();
    this.#playing = sound;
    this.#ringerOutput.stop();
    this.#vibration.stop();
    if (sound === 'ringing') {
      this.#callOutput.stop();
      this.#ring();
    } else if (sound !== 'none') {
      this.#callOutput.play(render(sound), true);
    } else {
      this.#callOutput.stop();
    }
  }

  announce(): void {
    // On the device of the call, and also at volume 0.
    this.#callOutput.play(render('intercom'), false);
  }

  /** Plays the short busy tone after a failed call. */
  busy(): void {
    if (this.#playing === 'none') {
      this.#callOutput.play(render('busy'), false);
    }
  }

  /** Rings for a moment, as a preview of the ringtone. */
  preview(): void {
    if (this.#playing !== 'none') {
      return;
    }
    this.#endPreview();
    this.#ring();
    this.#preview = window.setTimeout(() => {
      this.#endPreview();
    }, PREVIEW_MS);
  }

  /** Sets the devices by their ids; an empty id is the system's default. */
  route(ringer: string, ear: string): void {
    this.#ringerOutput.route(ringer);
    this.#callOutput.route(ear);
  }

  #ring(): void {
    const { ringtone, ringVolume, vibration } = this.#ringing();
    this.#ringerOutput.setVolume(ringVolume);
    if (ringVolume > 0) {
      this.#ringerOutput.play(render(ringtone satisfies Tone), true);
    }
    if (vibration) {
      this.#vibration.start();
    }
  }

  #endPreview(): void {
    if (this.#preview !== undefined) {
      window.clearTimeout(this.#preview);
      this.#preview = undefined;
      this.#ringerOutput.stop();
      this.#vibration.stop();
    }
  }
}
