/* The list of audio devices, and the choice of the device to use. */
import type { Choice } from './preferences';

export interface Device {
  readonly id: string;
  readonly label: string;
}

/* Names by which headsets are sold. A device with such a name is preferred to the system's default
   device, but never to a device that was chosen. */
const HEADSET =
  /\b(head[- ]?(set|phone)|ear(bud|phone|pod)|airpods)|\bbuds\b|hands-?free|jabra|plantronics|\bpoly\b|sennheiser|\bepos\b|yealink (bh|uh|wh)/i;

/** Name of a monitor source (PulseAudio, PipeWire, passed on by Firefox). As a microphone it would
    send the far side its own voice instead of the person's. */
const MONITOR = /^monit(or|eur)\b/i;

/** Ids of Chromium's alias entries for other devices of the list. */
const ALIASES: ReadonlySet<string> = new Set(['default', 'communications']);

/** The audio devices of this machine. Browsers withhold the names until the microphone is allowed. */
export class Devices {
  #inputs: readonly Device[] = [];
  #outputs: readonly Device[] = [];
  #isNamed = true;
  #asked = 0;

  /** Whether the browser gives the names of the devices. */
  get isNamed(): boolean {
    return this.#isNamed;
  }

  get inputs(): readonly Device[] {
    return this.#inputs;
  }

  get outputs(): readonly Device[] {
    return this.#outputs;
  }

  /** Calls back when a device is plugged in or unplugged; the returned function ends that. */
  watch(changed: () => void): void {
    mediaDevices()?.addEventListener('devicechange', changed);
  }

  /** Reads the device list again. */
  async refresh(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    const all = await listed();
    // An older answer that arrives late would bring back a device that was unplugged.
    if (asked === this.#asked) {
      this.#inputs = named(all, 'audioinput');
      this.#outputs = named(all, 'audiooutput');
      this.#isNamed = all.every((device) => device.kind !== 'audioinput' || device.label !== '');
    }
  }
}

/** The device to use: the chosen one if it is plugged in, found by id or else by label; without a
    choice a headset. Null for the system's default device. */
export function pick(choice: Choice | null, devices: readonly Device[]): Device | null {
  return chosen(choice, devices) ?? devices.find(({ label }) => isHeadset(label)) ?? null;
}

/** The device to use, as `pick`, but without a preference for headsets. */
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

/** `mediaDevices` is undefined on http:// pages other than localhost, although its type says
    otherwise. */
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
