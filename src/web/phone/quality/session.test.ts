import { beforeEach, describe, expect, it } from 'vitest';
import type { Line } from '../model/state';
import { FakeCall, settled } from '../testing/fake-agent';
import { fakeLine } from '../testing/fake-phone';
import { QualitySession, type QualityStatus } from './session';

/** A call whose counters grow by so much per second. */
class Scene {
  now = 0;
  connected = true;
  received = 0;
  sent = 0;
  line: Line = fakeLine(1, { state: 'active' });
  readonly done: string[] = [];
  readonly call = Object.assign(new FakeCall('out'), { connection: connectionLike() });
  readonly session = new QualitySession(0, [], {
    now: () => this.now,
    isConnected: () => this.connected,
    call: () => this.call,
    takeOver: () => {
      this.done.push('takeover');
      return Promise.resolve(true);
    },
    registerAgain: () => {
      this.done.push('register');
      return true;
    },
  });

  async go(seconds: number, { sent = 50, received = 50, mos = 4.4 } = {}): Promise<QualityStatus> {
    let status: QualityStatus = { flows: null, findings: [] };
    for (let second = 0; second < seconds; second += 1) {
      this.now += 1000;
      this.sent += sent;
      this.received += received;
      const measured = { report: this.#report(), mos: received === 0 ? null : mos };
      status = this.session.update(this.line, this.call, measured);
      await settled();
    }
    return status;
  }

  #report(): Map<string, unknown> {
    const { sent, received } = this;
    const inbound = {
      packetsReceived: received,
      totalAudioEnergy: received,
      totalSamplesReceived: 0,
    };
    return new Map<string, unknown>([
      ['O', { type: 'outbound-rtp', kind: 'audio', packetsSent: sent, mediaSourceId: 'S' }],
      ['S', { type: 'media-source', kind: 'audio', totalAudioEnergy: sent }],
      ['I', { type: 'inbound-rtp', kind: 'audio', ...inbound }],
    ]);
  }
}

function connectionLike(): null {
  const track = { kind: 'audio', readyState: 'live', muted: false };
  const connection = {
    connectionState: 'connected',
    iceConnectionState: 'connected',
    getSenders: () => [{ track }],
  };
  return connection as unknown as null;
}

let scene: Scene;
beforeEach(() => {
  scene = new Scene();
});

it('shows the audio flow, and finds no fault in a call that works', async () => {
  const { flows, findings } = await scene.go(10);
  expect(flows).toMatchObject({ sending: 'sound', receiving: 'sound' });
  expect(findings).toEqual([]);
});

it('tries every repair for a call that has never received audio', async () => {
  const { findings } = await scene.go(60, { received: 0 });
  expect(findings).toMatchObject([{ code: 'never-received', state: 'open' }]);
  expect(scene.call.log).toEqual(['restart ICE', 're-INVITE']);
  expect(scene.done).toEqual(['takeover', 'register']);
});

it('never takes over a call that may have been put on hold', async () => {
  await scene.go(5);
  const { findings } = await scene.go(60, { received: 0 });
  expect(findings).toMatchObject([{ code: 'nothing-received', state: 'open' }]);
  expect(scene.done).toEqual([]);
});

it('shows a repair only when it is confirmed on the new connection', async () => {
  await scene.go(12, { received: 0 });
  expect(scene.done).toEqual(['takeover']);
  scene.call.connection = connectionLike();
  const early = await scene.go(4, { received: 0 });
  expect(early.findings[0]?.state).toBe('mending');
  const late = await scene.go(2);
  expect(late.findings[0]).toMatchObject({
    state: 'mended',
    remedy: 'What helped: Setting the call up again (Replaces).',
  });
});

describe('no repair is tried', () => {
  it('while the switch is unreachable', async () => {
    scene.connected = false;
    await scene.go(20, { received: 0 });
    expect(scene.call.log).toEqual([]);
  });

  it('while a re-INVITE is open', async () => {
    scene.call.isNegotiating = true;
    await scene.go(20, { received: 0 });
    expect(scene.call.log).toEqual([]);
  });

  it('while the call is being rescued, and the fault stays shown', async () => {
    await scene.go(4, { received: 0 });
    scene.line = { ...scene.line, rescue: 'reconnecting' };
    const { flows, findings } = await scene.go(20, { received: 0 });
    expect(flows).toBeNull();
    expect(findings[0]?.state).toBe('mending');
    expect(scene.call.log).toEqual(['restart ICE']);
  });

  it('while the other side holds, which is not a fault', async () => {
    await scene.go(4, { received: 0 });
    scene.call.isHeldByOther = true;
    const { flows, findings } = await scene.go(20, { received: 0 });
    expect(flows).toBeNull();
    expect(findings[0]?.state).toBe('over');
    scene.call.isHeldByOther = false;
    expect((await scene.go(2, { received: 0 })).findings).toHaveLength(1);
  });

  it('before there is a connection', async () => {
    scene.call.connection = null;
    expect(await scene.go(5)).toEqual({ flows: null, findings: [] });
  });
});

it('detection starts again after a hold', async () => {
  await scene.go(5);
  scene.session.pause();
  scene.now += 60_000;
  expect((await scene.go(2, { received: 0 })).findings).toEqual([]);
});

it('warns of falling quality, and reports when it is good again', async () => {
  await scene.go(5);
  const { findings } = await scene.go(3, { mos: 3.8 });
  expect(findings).toMatchObject([
    { code: 'quality-falling', state: 'open', severity: 'warning', steps: [] },
  ]);
  expect((await scene.go(3)).findings).toMatchObject([{ state: 'mended' }]);
});
