import { pause } from '../../shared/timers';

/** Whether audio packets arrive within so many ms. */
export async function receivesAudio(
  connection: RTCPeerConnection,
  milliseconds: number,
): Promise<boolean> {
  const before = await packetsReceived(connection);
  await pause(milliseconds);
  return (await packetsReceived(connection)) > before;
}

async function packetsReceived(connection: RTCPeerConnection): Promise<number> {
  let packets = 0;
  for (const report of (await connection.getStats()).values() as Iterable<{
    readonly type: string;
    readonly packetsReceived?: number;
  }>) {
    packets += report.type === 'inbound-rtp' ? (report.packetsReceived ?? 0) : 0;
  }
  return packets;
}
