/* A fake of the browser's Web Locks: one page holds a lock, the others wait in a queue. */
import type { Locks } from '../continuity/tabs/group';

interface Waiting {
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Error) => void;
}

export class FakeLocks {
  readonly #lines = new Map<string, Waiting[]>();

  get locks(): Locks {
    return {
      request: this.#request as LockManager['request'],
      query: () =>
        Promise.resolve({
          held: [...this.#lines].filter(([, line]) => line.length > 0).map(([name]) => ({ name })),
        }),
    };
  }

  /** The browser releases the lock of a page that has crashed. */
  crash(name: string): void {
    this.#next(name);
  }

  readonly #request = (
    name: string,
    options: LockOptions,
    run: (lock: unknown) => unknown,
  ): Promise<unknown> =>
    new Promise((resolve, reject) => {
      const line = this.#lines.get(name) ?? [];
      this.#lines.set(name, line);
      const waiting: Waiting = { run: () => run({ name }), resolve, reject };
      line.push(waiting);
      options.signal?.addEventListener('abort', () => {
        const place = line.indexOf(waiting);
        if (place > 0) {
          line.splice(place, 1);
          reject(new DOMException('aborted', 'AbortError'));
        }
      });
      if (line.length === 1) {
        queueMicrotask(() => {
          this.#grant(name);
        });
      }
    });

  #grant(name: string): void {
    const first = this.#lines.get(name)?.[0];
    if (first === undefined) {
      return;
    }
    void Promise.resolve(first.run()).then((value) => {
      first.resolve(value);
      if (this.#lines.get(name)?.[0] === first) {
        this.#next(name);
      }
    });
  }

  #next(name: string): void {
    this.#lines.get(name)?.shift();
    this.#grant(name);
  }
}
