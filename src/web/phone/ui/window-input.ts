import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface WindowInputMeans {
  keyed(event: KeyboardEvent): void;
  pasted(event: ClipboardEvent): void;
}

/** What is typed and pasted anywhere in the page goes to its host while that is in it. */
export class WindowInput implements ReactiveController {
  readonly #means: WindowInputMeans;

  constructor(host: ReactiveControllerHost, means: WindowInputMeans) {
    this.#means = means;
    host.addController(this);
  }

  hostConnected(): void {
    window.addEventListener('keydown', this.#keyed);
    window.addEventListener('paste', this.#pasted);
  }

  hostDisconnected(): void {
    window.removeEventListener('keydown', this.#keyed);
    window.removeEventListener('paste', this.#pasted);
  }

  readonly #keyed = (event: KeyboardEvent): void => {
    this.#means.keyed(event);
  };

  readonly #pasted = (event: ClipboardEvent): void => {
    this.#means.pasted(event);
  };
}
