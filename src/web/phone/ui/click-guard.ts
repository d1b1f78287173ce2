import type { ReactiveController, ReactiveControllerHost } from 'lit';

const GUARD_MS = 500;

/** Disables a new view's buttons for a moment: the second click of a double click on Call must not
    hang up, and a press that began before an incoming call must not answer it. */
export class ClickGuard implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #timer: number | undefined;
  #settled = false;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** The class of a button that is disabled for this reason. */
  get look(): string {
    return this.#settled ? '' : 'is-settling';
  }

  hostConnected(): void {
    this.#timer = window.setTimeout(() => {
      this.#settled = true;
      this.#host.requestUpdate();
    }, GUARD_MS);
  }

  hostDisconnected(): void {
    window.clearTimeout(this.#timer);
    this.#settled = false;
  }
}
