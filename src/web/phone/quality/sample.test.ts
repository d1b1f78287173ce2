import { expect, it } from 'vitest';
import { sampleOf, type SampleSources } from './sample';

const around: SampleSources = {
  at: 1_000,
  connection: { connectionState: 'connected', iceConnectionState: 'connected' },
  track: { readyState: 'live', muted: false },
  player: { paused: false },
};

type Stats = Readonly<Record<string, unknown>>;

const sample = (stats: Readonly<Record<string, Stats>>, part: Partial<SampleSources> = {}) =>
  sampleOf(Object.entries(stats), { ...around, ...part });

const ends = {
  L: { type: 'local-candidate', candidateType: 'relay', protocol: 'udp', relayProtocol: 'tls' },
  R: { type: 'remote-candidate', candidateType: 'host' },
};
const pair = { type: 'candidate-pair', localCandidateId: 'L', remoteCandidateId: 'R' };

it('reads what was sent and received, and its loudness', () => {
  expect(
    sample({
      O: { type: 'outbound-rtp', kind: 'audio', packetsSent: 7, mediaSourceId: 'S' },
      S: { type: 'media-source', kind: 'audio', totalAudioEnergy: 0.5 },
      I: {
        type: 'inbound-rtp',
        kind: 'audio',
        packetsReceived: 9,
        totalAudioEnergy: 0.25,
        totalSamplesReceived: 480,
        concealedSamples: 3,
      },
    }),
  ).toEqual({
    at: 1_000,
    path: 'open',
    track: 'live',
    playback: 'playing',
    sent: 7,
    spoken: 0.5,
    received: 9,
    heard: 0.25,
    played: 480,
    concealed: 3,
    route: '',
  });
});

it('has null for what the browser does not measure', () => {
  expect(sample({}, { track: null, player: null })).toMatchObject({
    track: 'none',
    playback: 'none',
    sent: 0,
    spoken: null,
    received: 0,
    heard: null,
  });
});

it('finds the microphone of a browser that does not name it', () => {
  const source = { type: 'media-source', kind: 'audio', totalAudioEnergy: 0.5 };
  expect(sample({ S: source }).spoken).toBe(0.5);
});

it('describes the media path without an address', () => {
  const chromium = { T: { type: 'transport', selectedCandidatePairId: 'P' }, P: pair, ...ends };
  expect(sample(chromium).route).toBe('relay-host tls');
  const firefox = {
    P: { ...pair, selected: true },
    ...ends,
    L: { ...ends.L, relayProtocol: null },
  };
  expect(sample(firefox).route).toBe('relay-host udp');
});

it.each([
  ['new', 'new', 'new'],
  ['connecting', 'checking', 'new'],
  ['connected', 'completed', 'open'],
  ['connected', 'disconnected', 'broken'],
  ['failed', 'failed', 'broken'],
  ['failed', 'connected', 'broken'],
] as const)('of a connection that is %s, with ICE %s, the way is %s', (whole, ice, path) => {
  const connection = { connectionState: whole, iceConnectionState: ice };
  expect(sample({}, { connection }).path).toBe(path);
});

it('reports a microphone that is muted by the system or has ended, and audio that does not play', () => {
  expect(sample({}, { track: { readyState: 'live', muted: true } }).track).toBe('muted');
  expect(sample({}, { track: { readyState: 'ended', muted: true } }).track).toBe('ended');
  expect(sample({}, { player: { paused: true } }).playback).toBe('stopped');
});
