const LONG = 500;

/** Tells a tap from a long press. A tap is the button's click, so the keyboard taps as well. */
export class LongPress {
  readonly #onTap: () => void;
  readonly #onLong: () => void;
  #timer: number | undefined;
  #wasLong = false;

  constructor(onTap: () => void, onLong: () => void) {
    this.#onTap = onTap;
    this.#onLong = onLong;
  }

  down(): void {
    window.clearTimeout(this.#timer);
    this.#wasLong = false;
    this.#timer = window.setTimeout(() => {
      this.#wasLong = true;
      this.#onLong();
    }, LONG);
  }

  /** The finger was lifted, or slid off the button. */
  up(): void {
    window.clearTimeout(this.#timer);
  }

  click(): void {
    // The click that follows a long press belongs to it.
    if (this.#wasLong) {
      this.#wasLong = false;
    } else {
      this.#onTap();
    }
  }
}
