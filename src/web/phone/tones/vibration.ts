const PATTERN_MS = [600, 300, 600];
const PERIOD_MS = 3000;

/** Vibrates the device, where it can, for as long as it rings. */
export class Vibration {
  #timer: number | undefined;

  start(): void {
    this.stop();
    // Before the first click Chromium refuses to vibrate, and logs an error to the console.
    if (!canVibrate() || !hasBeenUsed()) {
      return;
    }
    navigator.vibrate(PATTERN_MS);
    this.#timer = window.setInterval(() => {
      navigator.vibrate(PATTERN_MS);
    }, PERIOD_MS);
  }

  stop(): void {
    if (this.#timer !== undefined) {
      window.clearInterval(this.#timer);
      this.#timer = undefined;
      navigator.vibrate(0);
    }
  }
}

export function canVibrate(): boolean {
  return 'vibrate' in navigator;
}

function hasBeenUsed(): boolean {
  const activation = navigator.userActivation as UserActivation | undefined;
  return activation?.hasBeenActive !== false;
}
