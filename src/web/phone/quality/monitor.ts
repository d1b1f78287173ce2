/* Looks at the statistics of each call that is up, once a second: how it sounds, and what is
   wrong with it. */
import { Examination } from './session';
import { Meter, readingOf } from './statistics';
import type { Lines } from '../lines/lines';
import type { Line, Quality } from '../model/state';

const EVERY = 1000;
/** So many are kept of a line: the graph shows a minute. */
const KEPT = 60;

export interface CareMeans {
  readonly lines: Lines;
  readonly now: () => number;
  /** Whether something can be asked of the switch. */
  isConnected(): boolean;
  takeOver(id: number): Promise<boolean>;
  /** By a new connection; calls are taken over then. */
  registerAgain(): void;
}

interface Attended {
  readonly meter: Meter;
  readonly examination: Examination;
}

export class Measuring {
  readonly #means: CareMeans;
  readonly #lines: Lines;
  readonly #attended = new Map<number, Attended>();
  #timer: number | undefined;

  constructor(means: CareMeans) {
    this.#means = means;
    this.#lines = means.lines;
  }

  /** Runs while there are lines. To be called after every change. */
  keepUp(): void {
    const isNeeded = this.#lines.active.length > 0;
    if (isNeeded && this.#timer === undefined) {
      this.#timer = window.setInterval(() => void this.measure(), EVERY);
    } else if (!isNeeded) {
      window.clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** The whole call's quality, and the end of its measurement. */
  finish(id: number): Quality | null {
    const attended = this.#attended.get(id);
    this.#attended.delete(id);
    return attended?.meter.summary() ?? null;
  }

  async measure(): Promise<void> {
    await Promise.all(this.#lines.active.map((line) => this.#measureLine(line)));
  }

  async #measureLine(before: Line): Promise<void> {
    const { id, hold } = before;
    const call = this.#lines.call(id);
    const connection = call?.connection ?? null;
    if (call === undefined || connection === null) {
      return;
    }
    const { meter, examination } = this.#attend(before);
    if (hold !== 'no') {
      meter.pause();
      examination.pause();
      this.#lines.change(id, { flows: null, findings: examination.findings });
      return;
    }
    const report = (await connection.getStats()) as Map<string, unknown>;
    const line = this.#lines.find(id);
    if (line === undefined) {
      this.#attended.delete(id);
      return;
    }
    const reading = readingOf(report);
    const quality = reading === null ? null : meter.add(reading);
    this.#lines.change(id, {
      ...examination.look(line, call, { report, mos: quality?.mos ?? null }),
      quality: quality === null ? line.quality : [...line.quality, quality].slice(-KEPT),
    });
  }

  /** Other calls, with which nothing is wrong, are left in peace. */
  #registerAgain(): boolean {
    const isAlone = this.#lines.all.length === 1;
    if (isAlone) {
      this.#means.registerAgain();
    }
    return isAlone;
  }

  #attend({ id, answeredAt, findings }: Line): Attended {
    const begin = answeredAt ?? this.#means.now();
    const attended = this.#attended.get(id) ?? {
      meter: new Meter(),
      examination: new Examination(begin, findings, {
        now: this.#means.now,
        call: () => this.#lines.call(id),
        isConnected: () => this.#means.isConnected(),
        takeOver: () => this.#means.takeOver(id),
        registerAgain: () => this.#registerAgain(),
      }),
    };
    this.#attended.set(id, attended);
    return attended;
  }
}
