import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface WindowInputDeps {
  keyed(event: KeyboardEvent): void;
  pasted(event: ClipboardEvent): void;
}

/** What is typed and pasted anywhere in the page goes to its host while that is in it. */
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
