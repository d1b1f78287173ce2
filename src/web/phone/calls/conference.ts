/* A conference of all lines that are up: a room of the switch is called, then each line is
   handed over to it. In this order nobody is lost where the switch has no such room. */
import type { Line } from '../model/state';
import type { Lines } from '../lines/lines';
import type { Dial, Transfers } from './transfers';

/** Yields the name of a room that nobody else uses. */
export type RoomName = () => Promise<string>;

export class Conference {
  readonly #lines: Lines;
  readonly #transfers: Transfers;
  readonly #dial: Dial;
  readonly #roomName: RoomName;
  #isChoosing = false;

  constructor(lines: Lines, transfers: Transfers, dial: Dial, roomName: RoomName) {
    this.#lines = lines;
    this.#transfers = transfers;
    this.#dial = dial;
    this.#roomName = roomName;
  }

  async merge(): Promise<void> {
    if (this.#isChoosing || this.#lines.active.length < 2) {
      return;
    }
    const joined = this.#lines.active.find((line) => line.conference !== null);
    if (joined !== undefined) {
      this.#moveAllTo(joined);
      return;
    }
    const room = await this.#chooseRoom();
    if (room !== null && this.#lines.active.length > 1) {
      this.#dial(room, { conference: room });
    }
  }

  /** Null if no name could be had: the person can ask again. */
  async #chooseRoom(): Promise<string | null> {
    this.#isChoosing = true;
    try {
      return await this.#roomName();
    } catch {
      return null;
    } finally {
      this.#isChoosing = false;
    }
  }

  /** A line was answered; if it is a room that was called for the others, they follow. */
  onAnswered(id: number): void {
    const line = this.#lines.find(id);
    if (line !== undefined && line.conference !== null) {
      this.#moveAllTo(line);
    }
  }

  #moveAllTo(room: Line): void {
    const number = room.conference;
    if (number === null) {
      return;
    }
    for (const line of this.#lines.active) {
      if (line.id !== room.id) {
        void this.#transfers.handOver(line.id, { name: '', number }, (call) =>
          call.transfer(number),
        );
      }
    }
  }
}

/** A room name for where the server gives none (it knows which rooms are taken, a phone does not):
    drawn at random. To a prefix of digits two are added, so that it stays within
    the extensions of a dialplan (30 and 3047), to any other eight letters and digits. */
export function randomRoom(prefix: string): string {
  const digits = '0123456789';
  const numeric = /^\d+$/.test(prefix);
  const alphabet = numeric ? digits : `${digits}abcdefghijklmnopqrstuvwxyz`;
  let room = prefix;
  for (const value of crypto.getRandomValues(new Uint32Array(numeric ? 2 : 8))) {
    room += alphabet.charAt(value % alphabet.length);
  }
  return room;
}
