/* Loads the quality monitor when the phone is registered, which keeps the first page light. */
import type { QualityMonitorDeps, CallQualityMonitor } from './monitor';
import type { Quality } from '../model/state';

export class LazyQualityMonitor {
  readonly #deps: QualityMonitorDeps;
  #monitor: CallQualityMonitor | null = null;
  #loading = false;

  constructor(deps: QualityMonitorDeps) {
    this.#deps = deps;
  }

  /** To be called once registered, and again if it could not be loaded. */
  load(): void {
    if (!this.#loading) {
      this.#loading = true;
      import('./monitor').then(
        (module) => {
          this.#monitor = new module.CallQualityMonitor(this.#deps);
          this.update();
        },
        () => {
          this.#loading = false;
        },
      );
    }
  }

  /** To be called after every change. */
  update(): void {
    this.#monitor?.update();
  }

  /** The whole call's quality, and the end of its measurement. */
  finish(id: number): Quality | null {
    return this.#monitor?.finish(id) ?? null;
  }
}
