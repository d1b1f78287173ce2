/* The lines of the phone, and the call of each. */
import type { SipCall } from '../sip/edge';
import type { EndedCall, Line } from '../model/state';
import type { Store } from './store';

/** A line as another page stored or sent it: one of an older version has no tones. */
type LineOfPage = Omit<Line, 'tones'> & Partial<Pick<Line, 'tones'>>;

export class Lines {
  readonly #store: Store;
  readonly #now: () => number;
  readonly #calls = new Map<number, SipCall>();
  #nextId = 1;

  constructor(store: Store, now: () => number) {
    this.#store = store;
    this.#now = now;
  }

  get all(): readonly Line[] {
    return this.#store.state.lines;
  }

  /** The lines with an answered call, held or not. */
  get active(): readonly Line[] {
    return this.all.filter((line) => line.state === 'active');
  }

  find(id: number): Line | undefined {
    return this.all.find((line) => line.id === id);
  }

  call(id: number): SipCall | undefined {
    return this.#calls.get(id);
  }

  /** Reserves the id of the next line. */
  reserve(): number {
    return this.#nextId++;
  }

  add(id: number, call: SipCall, part: Partial<Line>): void {
    const { direction } = call;
    const line = { ...newLine(id, call, this.#now()), ...part };
    this.#calls.set(id, call);
    const lines = [...this.all, line];
    // A further incoming call leaves the open line in front.
    const openLine = direction === 'out' || lines.length === 1 ? id : this.#store.state.openLine;
    this.#store.set({ lines, openLine });
  }

  change(id: number, part: Partial<Line>): void {
    if (this.find(id) !== undefined) {
      this.#store.set({
        lines: this.all.map((line) => (line.id === id ? { ...line, ...part } : line)),
      });
    }
  }

  /** Restores the line of a call that another page began, before a reload. */
  restore(saved: LineOfPage): void {
    const { openLine } = this.#store.state;
    const line = completeLine(saved);
    this.#store.set({ lines: [...this.all, line], openLine: openLine ?? line.id });
  }

  /** Replaces the call of a line. */
  replaceCall(id: number, call: SipCall): void {
    this.#calls.set(id, call);
  }

  open(id: number): void {
    if (this.find(id) !== undefined) {
      this.#store.set({ openLine: id });
    }
  }

  /** Removes a line, and publishes the ended call in the same change of state. */
  remove(id: number, lastEnded: EndedCall): void {
    this.#calls.delete(id);
    const gone = this.find(id);
    const lines = this.all.filter((line) => line.id !== id);
    const { openLine } = this.#store.state;
    this.#store.set({
      lines,
      lastEnded,
      openLine: openLine === id ? next(lines, gone?.consults ?? null) : openLine,
    });
  }

  clear(): void {
    this.#calls.clear();
    this.#store.set({ lines: [], openLine: null });
  }
}

/** The line of another page, which may be of an older version. */
export function completeLine(line: LineOfPage): Line {
  return { tones: '', ...line };
}

/** The initial state of a line. */
export function newLine(
  id: number,
  { direction, remote }: Pick<Line, 'direction' | 'remote'>,
  startedAt: number,
): Line {
  return {
    id,
    direction,
    remote,
    state: direction === 'in' ? 'ringing' : 'dialling',
    hold: 'no',
    earlyMedia: false,
    startedAt,
    answeredAt: null,
    muted: false,
    digits: '',
    tones: '',
    transfer: null,
    consults: null,
    conference: null,
    rescue: 'none',
    heard: null,
    trouble: null,
    quality: [],
    flows: null,
    findings: [],
  };
}

/** The next open line when the open one is gone: preferably the one for which it was the
    consultation. */
function next(lines: readonly Line[], consulted: number | null): number | null {
  const best =
    lines.find((line) => line.id === consulted) ??
    lines.find((line) => line.state === 'active' && line.hold === 'no') ??
    lines.find((line) => line.state === 'active') ??
    lines[0];
  return best?.id ?? null;
}
