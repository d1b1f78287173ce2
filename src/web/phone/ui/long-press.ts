const LONG_PRESS_MS = 500;

/** Pixels that a finger may move during a press. */
const MAX_MOVE_PX = 24;

/** Distinguishes a tap from a long press. A tap is the button's click, so the keyboard taps as
    well. The press continues wherever the page moves the button meanwhile (a notice above moves
    what is below): only the finger's own movement ends it. */
export class LongPress {
  readonly #onTap: () => void;
  readonly #onLong: () => void;
  #timer: number | undefined;
  #wasLong = false;
  #from = { x: 0, y: 0 };

  constructor(onTap: () => void, onLong: () => void) {
    this.#onTap = onTap;
    this.#onLong = onLong;
  }

  readonly down = ({ currentTarget, pointerId, clientX, clientY }: PointerEvent): void => {
    window.clearTimeout(this.#timer);
    (currentTarget as Element).setPointerCapture(pointerId);
    this.#from = { x: clientX, y: clientY };
    this.#wasLong = false;
    this.#timer = window.setTimeout(() => {
      this.#wasLong = true;
      this.#onLong();
    }, LONG_PRESS_MS);
  };

  readonly move = ({ currentTarget, pointerId, clientX, clientY }: PointerEvent): void => {
    const button = currentTarget as Element;
    const far = Math.hypot(clientX - this.#from.x, clientY - this.#from.y) > MAX_MOVE_PX;
    if (far && button.hasPointerCapture(pointerId)) {
      // The browser then clicks only if the finger is lifted on the button.
      button.releasePointerCapture(pointerId);
    }
  };

  /** The finger was lifted, or slid away; the browser may also cancel the press. */
  readonly end = (): void => {
    window.clearTimeout(this.#timer);
  };

  readonly click = (): void => {
    // The click that follows a long press belongs to it.
    if (this.#wasLong) {
      this.#wasLong = false;
    } else {
      this.#onTap();
    }
  };
}
