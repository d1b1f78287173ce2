/* The quality monitor: reads the statistics of each call that is up once a second, and publishes
   its quality and faults. */
import { QualitySession } from './session';
import { Meter, readingOf } from './statistics';
import type { Lines } from '../lines/lines';
import type { Line, Quality } from '../model/state';

const MEASURE_INTERVAL_MS = 1000;
/** Number of quality samples kept per line: the graph shows one minute. */
const MAX_SAMPLES = 60;

export interface QualityMonitorDeps {
  readonly lines: Lines;
  readonly now: () => number;
  /** Whether requests can be sent to the switch. */
  isConnected(): boolean;
  takeOver(id: number): Promise<boolean>;
  /** Registers again by a new connection; calls are taken over then. */
  registerAgain(): void;
}

interface MonitoredCall {
  readonly meter: Meter;
  readonly session: QualitySession;
}

export class CallQualityMonitor {
  readonly #deps: QualityMonitorDeps;
  readonly #lines: Lines;
  readonly #monitored = new Map<number, MonitoredCall>();
  #timer: number | undefined;

  constructor(deps: QualityMonitorDeps) {
    this.#deps = deps;
    this.#lines = deps.lines;
  }

  /** Runs while there are lines. To be called after every change. */
  update(): void {
    const isNeeded = this.#lines.active.length > 0;
    if (isNeeded && this.#timer === undefined) {
      this.#timer = window.setInterval(() => void this.measure(), MEASURE_INTERVAL_MS);
    } else if (!isNeeded) {
      window.clearInterval(this.#timer);
      this.#timer = undefined;
    }
  }

  /** Ends the measurement of a call; returns the quality of the whole call. */
  finish(id: number): Quality | null {
    const monitored = this.#monitored.get(id);
    this.#monitored.delete(id);
    return monitored?.meter.summary() ?? null;
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
    const { meter, session } = this.#monitorOf(before);
    if (hold !== 'no') {
      meter.pause();
      session.pause();
      this.#lines.change(id, { flows: null, findings: session.findings });
      return;
    }
    const report = (await connection.getStats()) as Map<string, unknown>;
    const line = this.#lines.find(id);
    if (line === undefined) {
      this.#monitored.delete(id);
      return;
    }
    const reading = readingOf(report);
    const quality = reading === null ? null : meter.add(reading);
    this.#lines.change(id, {
      ...session.update(line, call, { report, mos: quality?.mos ?? null }),
      quality: quality === null ? line.quality : [...line.quality, quality].slice(-MAX_SAMPLES),
    });
  }

  /** Registers again only if there is no other call, which would be interrupted without a fault. */
  #registerAgain(): boolean {
    const isAlone = this.#lines.all.length === 1;
    if (isAlone) {
      this.#deps.registerAgain();
    }
    return isAlone;
  }

  #monitorOf({ id, answeredAt, findings }: Line): MonitoredCall {
    const begin = answeredAt ?? this.#deps.now();
    const monitored = this.#monitored.get(id) ?? {
      meter: new Meter(),
      session: new QualitySession(begin, findings, {
        now: this.#deps.now,
        call: () => this.#lines.call(id),
        isConnected: () => this.#deps.isConnected(),
        takeOver: () => this.#deps.takeOver(id),
        registerAgain: () => this.#registerAgain(),
      }),
    };
    this.#monitored.set(id, monitored);
    return monitored;
  }
}
