/* Changes to our own session descriptions before they are sent. */

/** Removes the direction of the whole session, which Firefox adds to the direction of the audio.
    The direction of the audio takes precedence (RFC 8866, 6.7), but FreeSWITCH reads that of the
    session and sees no hold (src/switch_core_media.c:5300 of 1.10.12). */
export function withoutSessionDirection(sdp: string): string {
  const media = /^m=/m.exec(sdp)?.index ?? sdp.length;
  const session = sdp
    .slice(0, media)
    .replace(/^a=(sendrecv|sendonly|recvonly|inactive)\r?\n/gm, '');
  return session + sdp.slice(media);
}
