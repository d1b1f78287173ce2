/* Which audio devices there are, and which of them to use. */
import type { Choice } from './preferences';

export interface Device {
  readonly id: string;
  readonly label: string;
}

/* Names by which headsets are sold. What is taken for one is only ever preferred to the
   system's default device, never to one that was chosen. */
const HEADSET =
  /\b(head[- ]?(set|phone)|ear(bud|phone|pod)|airpods)|\bbuds\b|hands-?free|jabra|plantronics|\bpoly\b|sennheiser|\bepos\b|yealink (bh|uh|wh)/i;

/** What an output plays, as PulseAudio and PipeWire name it, and Firefox hands it on: the far side
    would hear itself, and nobody here. */
const MONITOR = /^monit(or|eur)\b/i;

/** Entries of Chromium that stand for another device of the list. */
const ALIASES: ReadonlySet<string> = new Set(['default', 'communications']);

/** The devices of this machine. Browsers give no names before the microphone was allowed. */
export class Devices {
  #inputs: readonly Device[] = [];
  #outputs: readonly Device[] = [];
  #isNamed = true;
  #asked = 0;

  /** Whether the browser tells the names of the devices that there are. */
  get isNamed(): boolean {
    return this.#isNamed;
  }

  get inputs(): readonly Device[] {
    return this.#inputs;
  }

  get outputs(): readonly Device[] {
    return this.#outputs;
  }

  /** Calls back when a device was plugged in or out. */
  watch(changed: () => void): void {
    mediaDevices()?.addEventListener('devicechange', changed);
  }

  /** Reads the list again. */
  async refresh(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const all = await listed();
    // An older answer that comes late would bring back a device that is gone.
    if (asked === this.#asked) {
      this.#inputs = named(all, 'audioinput');
      this.#outputs = named(all, 'audiooutput');
      this.#isNamed = all.every((device) => device.kind !== 'audioinput' || device.label !== '');
    }
  }
}

/** The device to use: what was chosen if it is there, by id or else by label; without a choice
    a headset. Null for the system's default device. */
export function pick(choice: Choice | null, devices: readonly Device[]): Device | null {
  return chosen(choice, devices) ?? devices.find(({ label }) => isHeadset(label)) ?? null;
}

/** As `pick`, without a liking for headsets. */
export function chosen(choice: Choice | null, devices: readonly Device[]): Device | null {
  if (choice === null) {
    return null;
  }
  return (
    devices.find((device) => device.id === choice.id) ??
    devices.find((device) => device.label === choice.label) ??
    null
  );
}

function isHeadset(label: string): boolean {
  return HEADSET.test(label) && !MONITOR.test(label);
}

/** Undefined on http:// pages other than localhost, whatever the types say. */
export function mediaDevices(): MediaDevices | undefined {
  return navigator.mediaDevices;
}

async function listed(): Promise<readonly MediaDeviceInfo[]> {
  try {
    return (await mediaDevices()?.enumerateDevices()) ?? [];
  } catch {
    return [];
  }
}

function named(all: readonly MediaDeviceInfo[], kind: MediaDeviceKind): readonly Device[] {
  return all
    .filter(
      (device) => device.kind === kind && device.label !== '' && !ALIASES.has(device.deviceId),
    )
    .map((device) => ({ id: device.deviceId, label: device.label }));
}
