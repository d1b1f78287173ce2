import type { ReactiveController, ReactiveControllerHost } from 'lit';

const GUARD_MS = 500;

/** Disables a new view's buttons for a moment: the second click of a double click on Call must not
    hang up, and a press that began before an incoming call must not answer it. */
export class ClickGuard implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #timer: number | undefined;
  #isReady = false;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** The class of a button that is disabled for this reason. */
  get buttonClass(): string {
    return this.#isReady ? '' : 'is-settling';
  }

  hostConnected(): void {
    this.#timer = window.setTimeout(() => {
      this.#isReady = true;
      this.#host.requestUpdate();
    }, GUARD_MS);
  }

  hostDisconnected(): void {
    window.clearTimeout(this.#timer);
    this.#isReady = false;
  }
}
