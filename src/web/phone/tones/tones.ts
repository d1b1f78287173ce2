/* Which sound comes out where: ringing on the ringer's device, what belongs to a call in the
   ear. Ringback and the waiting tone go on until another sound is asked for; the busy tone
   ends by itself. */
import type { SignalTone, SignalTones } from './sounds';
import { render, type Ringtone, type Tone } from './patterns';
import { Player } from './player';
import { Vibration } from './vibration';

/** Milliseconds that a ringtone is played for trying it. */
const PREVIEW_MS = 3000;

export interface Ringing {
  readonly ringtone: Ringtone;
  readonly ringVolume: number;
  readonly vibration: boolean;
}

export class Tones implements SignalTones {
  /** Called when the browser holds sound back until a click, and when it lets it through. */
  blocked: (blocked: boolean) => void = () => undefined;
  readonly #ringing: () => Ringing;
  readonly #ringer = new Player();
  readonly #ear = new Player();
  readonly #vibration = new Vibration();
  #playing: SignalTone = 'none';
  #preview: number | undefined;

  constructor(ringing: () => Ringing) {
    this.#ringing = ringing;
    // Both follow one rule of the browser: what the ringer hears holds for the ear too.
    this.#ringer.blocked = (blocked) => {
      this.blocked(blocked);
    };
  }

  /** Called on a person's click: browsers let a page sound only after one. */
  unlock(): void {
    void this.#ringer.probe();
    void this.#ear.probe();
  }

  play(sound: SignalTone): void {
    if (sound === this.#playing) {
      return;
    }
    this.#endPreview();
    this.#playing = sound;
    this.#ringer.stop();
    this.#vibration.stop();
    if (sound === 'ringing') {
      this.#ear.stop();
      this.#ring();
    } else if (sound !== 'none') {
      this.#ear.play(render(sound), true);
    } else {
      this.#ear.stop();
    }
  }

  announce(): void {
    // Where the caller will be heard, and also at volume 0.
    this.#ear.play(render('intercom'), false);
  }

  /** The short tone after a call that could not be. */
  busy(): void {
    if (this.#playing === 'none') {
      this.#ear.play(render('busy'), false);
    }
  }

  /** Rings for a moment, to hear what was chosen. */
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

  /** Devices by their ids; an empty id is the system's default. */
  route(ringer: string, ear: string): void {
    this.#ringer.route(ringer);
    this.#ear.route(ear);
  }

  #ring(): void {
    const { ringtone, ringVolume, vibration } = this.#ringing();
    this.#ringer.setVolume(ringVolume);
    if (ringVolume > 0) {
      this.#ringer.play(render(ringtone satisfies Tone), true);
    }
    if (vibration) {
      this.#vibration.start();
    }
  }

  #endPreview(): void {
    if (this.#preview !== undefined) {
      window.clearTimeout(this.#preview);
      this.#preview = undefined;
      this.#ringer.stop();
      this.#vibration.stop();
    }
  }
}
