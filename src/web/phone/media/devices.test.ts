import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeDevices, input, output, type Plugged } from '../testing/fake-media';
import { chosen, Devices, pick } from './devices';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the device list', () => {
  let fake: FakeDevices;
  let devices: Devices;

  beforeEach(() => {
    fake = new FakeDevices(
      input('default', 'Default - Built-in'),
      input('a', 'Built-in'),
      output('communications', 'Communications - Speakers'),
      output('b', 'Speakers'),
    );
    vi.stubGlobal('navigator', { mediaDevices: fake });
    devices = new Devices();
  });

  it('has inputs and outputs, without the browser’s aliases of other devices', async () => {
    await devices.refresh();
    expect(devices.inputs).toEqual([{ id: 'a', label: 'Built-in' }]);
    expect(devices.outputs).toEqual([{ id: 'b', label: 'Speakers' }]);
    expect(devices.isNamed).toBe(true);
  });

  it('is empty while the browser withholds the names', async () => {
    fake.allowed = false;
    await devices.refresh();
    expect(devices.inputs).toEqual([]);
    expect(devices.isNamed).toBe(false);
  });

  it('is empty on a page without TLS, and when the browser fails', async () => {
    fake.enumerateDevices.mockRejectedValueOnce(new Error());
    await devices.refresh();
    expect(devices.inputs).toEqual([]);
    vi.stubGlobal('navigator', {});
    devices.watch(() => undefined);
    await devices.refresh();
    expect(devices.inputs).toEqual([]);
  });

  it('ignores an older answer that arrives after a newer one', async () => {
    let answer: (plugged: readonly Plugged[]) => void = () => undefined;
    fake.enumerateDevices.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    const slow = devices.refresh();
    await devices.refresh();
    answer([input('gone')]);
    await slow;
    expect(devices.inputs.map(({ id }) => id)).toEqual(['a']);
  });
});

describe('the device to use', () => {
  const builtIn = { id: 'a', label: 'Built-in Audio' };
  const webcam = { id: 'b', label: 'Webcam' };
  const headset = { id: 'c', label: 'Jabra Evolve 65' };

  it('is the chosen device, found by id or else by label', () => {
    expect(pick({ id: 'b', label: 'x' }, [builtIn, webcam, headset])).toBe(webcam);
    expect(pick({ id: 'old', label: 'Webcam' }, [builtIn, webcam, headset])).toBe(webcam);
  });

  it('is a headset if no device was chosen, or the chosen one is not plugged in', () => {
    expect(pick(null, [builtIn, headset])).toBe(headset);
    expect(pick({ id: 'b', label: 'Webcam' }, [builtIn, headset])).toBe(headset);
    expect(chosen(null, [builtIn, headset])).toBeNull();
  });

  it('is the system’s default if there is neither a chosen device nor a headset', () => {
    expect(pick(null, [builtIn, webcam])).toBeNull();
    expect(pick({ id: 'b', label: 'Webcam' }, [builtIn])).toBeNull();
  });

  it.each(['AirPods Pro', 'Headset (Poly BT700)', 'Plantronics Blackwire', 'Bose Headphones'])(
    'recognises %s as a headset',
    (label) => {
      expect(pick(null, [builtIn, { id: 'x', label }])?.label).toBe(label);
    },
  );

  it.each([
    'Monitor of Headset',
    'Moniteur de Jabra Evolve 65',
    'HDMI Output',
    'Polycom Studio',
    'Ahead Setup',
  ])('does not recognise %s as a headset', (label) => {
    expect(pick(null, [{ id: 'x', label }])).toBeNull();
  });
});
