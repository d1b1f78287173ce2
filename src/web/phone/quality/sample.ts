/* A sample of a call's audio at one moment, from the browser's statistics (W3C webrtc-stats) and
   from the microphone track and the audio element. */

/** `muted`: by the system or the device, not by the person's button in the phone. */
export type TrackState = 'live' | 'muted' | 'ended' | 'none';
/** `stopped`: the element should play, and does not. */
export type Playback = 'playing' | 'stopped' | 'none';
/** The state of the media path. `new`: no connection yet. */
export type MediaPathState = 'new' | 'open' | 'broken';

/** Counters since the connection began. Energies are sums of squares over seconds, relative to full
    scale, and null where the browser does not measure them. */
export interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly path: MediaPathState;
  readonly track: TrackState;
  readonly playback: Playback;
  readonly sent: number;
  readonly spoken: number | null;
  readonly received: number;
  readonly heard: number | null;
  /** Audio samples that were played, and how many of them were concealment. */
  readonly played: number;
  readonly concealed: number;
  /** ICE candidate types and protocol, as `host-srflx udp`; empty while there is no path. */
  readonly route: string;
}

export interface SampleSources {
  readonly at: number;
  readonly connection: Pick<RTCPeerConnection, 'connectionState' | 'iceConnectionState'>;
  /** The sent track; null for none. */
  readonly track: Pick<MediaStreamTrack, 'readyState' | 'muted'> | null;
  /** The audio element; null before there is audio. */
  readonly player: Pick<HTMLMediaElement, 'paused'> | null;
}

type Stats = Readonly<Record<string, unknown>>;

export function sampleOf(
  report: Iterable<readonly [string, unknown]>,
  { at, connection, track, player }: SampleSources,
): Sample {
  const all = new Map(report) as ReadonlyMap<string, Stats>;
  const outbound = find(all, 'outbound-rtp');
  const source = all.get(String(outbound?.['mediaSourceId'])) ?? find(all, 'media-source');
  const inbound = find(all, 'inbound-rtp');
  const pair = pairOf(all);
  return {
    at,
    path: pathStateOf(connection),
    track: track === null ? 'none' : track.readyState === 'ended' ? 'ended' : liveOrMuted(track),
    playback: player === null ? 'none' : player.paused ? 'stopped' : 'playing',
    sent: number(outbound, 'packetsSent') ?? 0,
    spoken: number(source, 'totalAudioEnergy'),
    received: number(inbound, 'packetsReceived') ?? 0,
    heard: number(inbound, 'totalAudioEnergy'),
    played: number(inbound, 'totalSamplesReceived') ?? 0,
    concealed: number(inbound, 'concealedSamples') ?? 0,
    route: pair === undefined ? '' : routeOf(all, pair),
  };
}

function find(all: ReadonlyMap<string, Stats>, type: string): Stats | undefined {
  return [...all.values()].find((one) => one['type'] === type && one['kind'] === 'audio');
}

/** Chromium and Safari name the candidate pair in use in `transport`; Firefox marks it. */
function pairOf(all: ReadonlyMap<string, Stats>): Stats | undefined {
  const pairs = [...all.values()].filter((one) => one['type'] === 'candidate-pair');
  const transport = [...all.values()].find((one) => one['type'] === 'transport');
  return (
    all.get(String(transport?.['selectedCandidatePairId'])) ??
    pairs.find((one) => one['selected'] === true)
  );
}

/** The candidate types and the protocol, without any address. */
function routeOf(all: ReadonlyMap<string, Stats>, pair: Stats): string {
  const local = all.get(String(pair['localCandidateId']));
  const remote = all.get(String(pair['remoteCandidateId']));
  const kind = (end: Stats | undefined): string => text(end, 'candidateType');
  return `${kind(local)}-${kind(remote)} ${text(local, 'relayProtocol') || text(local, 'protocol')}`;
}

function pathStateOf({
  connectionState,
  iceConnectionState,
}: SampleSources['connection']): MediaPathState {
  if (iceConnectionState === 'disconnected' || iceConnectionState === 'failed') {
    return 'broken';
  }
  return connectionState === 'connected' ? 'open' : connectionState === 'failed' ? 'broken' : 'new';
}

function liveOrMuted({ muted }: Pick<MediaStreamTrack, 'muted'>): TrackState {
  return muted ? 'muted' : 'live';
}

function number(stats: Stats | undefined, key: string): number | null {
  const value = stats?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function text(stats: Stats | undefined, key: string): string {
  const value = stats?.[key];
  return typeof value === 'string' ? value : '';
}
