/* A conference of all lines that are up: a room of the switch is called first, then each line is
   transferred to it. In this order no call is lost where the switch has no such room. */
import type { Line } from '../model/state';
import type { Lines } from '../lines/lines';
import type { DialLine, Transfers } from './transfers';

/** Returns the name of an unused conference room. */
export type RoomName = () => Promise<string>;

export class Conference {
  readonly #lines: Lines;
  readonly #transfers: Transfers;
  readonly #dial: DialLine;
  readonly #roomName: RoomName;
  #isChoosing = false;

  constructor(lines: Lines, transfers: Transfers, dial: DialLine, roomName: RoomName) {
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

  /** Null if there is no room name; the person can try again. */
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

  /** A line was answered; if it is the room of a conference, the other lines are transferred to it. */
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

/** A random room name, if the server gives none (the server knows which rooms are in use, a phone
    does not). A numeric prefix gets two digits, to stay within the extensions of a dialplan (30 and
    3047), any other prefix eight letters and digits. */
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
