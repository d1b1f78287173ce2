import type { ReactiveController, ReactiveControllerHost } from 'lit';

export interface Observable {
  subscribe(observer: () => void): () => void;
}

/** Renders its host after every change of the observed object. */
export class ObserveController implements ReactiveController {
  readonly #host: ReactiveControllerHost;
  readonly #sources: () => readonly (Observable | null)[];
  readonly #endings = new Map<Observable, () => void>();

  constructor(host: ReactiveControllerHost, sources: () => readonly (Observable | null)[]) {
    this.#host = host;
    this.#sources = sources;
    host.addController(this);
  }

  hostUpdate(): void {
    for (const source of this.#sources()) {
      if (source !== null && !this.#endings.has(source)) {
        this.#endings.set(
          source,
          source.subscribe(() => {
            this.#host.requestUpdate();
          }),
        );
      }
    }
  }

  hostDisconnected(): void {
    for (const end of this.#endings.values()) {
      end();
    }
    this.#endings.clear();
  }
}
