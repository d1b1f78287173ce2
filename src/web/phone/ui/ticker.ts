import type { ReactiveController, ReactiveControllerHost } from 'lit';

const TICK_MS = 250;

/** Renders its host repeatedly, for a running time. */
export class Ticker implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  #timer: number | undefined;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {
    this.#timer = window.setInterval(() => {
      this.#host.requestUpdate();
    }, TICK_MS);
  }

  hostDisconnected(): void {
    window.clearInterval(this.#timer);
  }
}
