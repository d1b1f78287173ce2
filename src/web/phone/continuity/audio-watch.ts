/* Watches whether audio still arrives in calls whose connection to the switch is lost; the messages
   for the person depend on it. */
import { pause } from '../../shared/timers';
import { receivesAudio } from '../sip/audio-arrival';
import type { Lines } from '../lines/lines';

/** How long packets on their way may still arrive. */
const IN_FLIGHT_MS = 100;
/** Length of one measurement. */
const LISTEN_MS = 500;
/** Timeout of a call without audio whose connection is not restored: the switch has lost it then. */
const SILENCE_TIMEOUT_MS = 60_000;

export class AudioWatch {
  readonly #lines: Lines;
  readonly #onSilenceTimeout: (id: number) => void;
  readonly #running = new Set<number>();
  /** The first measurement after the connection was lost. */
  readonly #first = new Map<number, boolean>();

  /** @param lost Called for a call that was without audio for too long. */
  constructor(lines: Lines, lost: (id: number) => void) {
    this.#lines = lines;
    this.#onSilenceTimeout = lost;
  }

  /** Watches a call until its rescue or the call has ended. */
  start(id: number): void {
    if (!this.#running.has(id)) {
      this.#running.add(id);
      this.#first.delete(id);
      void this.#listen(id).finally(() => this.#running.delete(id));
    }
  }

  /** Whether the audio stopped at the moment that the connection was lost. */
  wasSilent(id: number): boolean {
    return this.#first.get(id) === false;
  }

  async #listen(id: number): Promise<void> {
    await pause(IN_FLIGHT_MS);
    let silentSince = Date.now();
    for (;;) {
      const line = this.#lines.find(id);
      const call = this.#lines.call(id);
      const connection = call?.connection ?? null;
      if (line === undefined || line.rescue === 'none' || connection === null) {
        return;
      }
      const heard = await receivesAudio(connection, LISTEN_MS);
      const isHeld = line.hold !== 'no' || call?.isHeldByOther === true;
      if (this.#lines.call(id) !== call || this.#lines.find(id)?.rescue === 'none') {
        return;
      }
      if (heard || isHeld) {
        silentSince = Date.now();
      }
      if (!isHeld) {
        this.#first.set(id, this.#first.get(id) ?? heard);
        this.#lines.change(id, { heard });
      }
      if (Date.now() - silentSince >= SILENCE_TIMEOUT_MS) {
        this.#onSilenceTimeout(id);
        return;
      }
    }
  }
}
