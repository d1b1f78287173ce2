import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface WindowInputDeps {
  keyed(event: KeyboardEvent): void;
  pasted(event: ClipboardEvent): void;
}

/** Passes key presses and pastes anywhere in the page to its host while that is connected. */
export class WindowInput implements ReactiveController {
  readonly #deps: WindowInputDeps;

  constructor(host: ReactiveControllerHost, deps: WindowInputDeps) {
    this.#deps = deps;
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
    this.#deps.keyed(event);
  };

  readonly #pasted = (event: ClipboardEvent): void => {
    this.#deps.pasted(event);
  };
}
