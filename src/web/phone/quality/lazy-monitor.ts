/* Loads the quality monitor when the phone is registered, to keep the first page small. */
import type { QualityMonitorDeps, CallQualityMonitor } from './monitor';
import type { Quality } from '../model/state';

export class LazyQualityMonitor {
  readonly #deps: QualityMonitorDeps;
  #monitor: CallQualityMonitor | null = null;
  #loading = false;

  constructor(deps: QualityMonitorDeps) {
    this.#deps = deps;
  }

  /** Loads the monitor; to be called once registered, and again if loading failed. */
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

  /** Updates the monitor; to be called after every change. */
  update(): void {
    this.#monitor?.update();
  }

  /** Ends the measurement of a call; returns the quality of the whole call. */
  finish(id: number): Quality | null {
    return this.#monitor?.finish(id) ?? null;
  }
}
