/* What is changed in our own session descriptions before they are sent. */

/** Takes out a direction that is said for the whole session, as Firefox does besides the one of
    the sound. That of the sound is the one that counts (RFC 8866, 6.7), but FreeSWITCH goes by
    the other and sees no hold (src/switch_core_media.c:5300 of 1.10.12). */
export function withoutSessionDirection(sdp: string): string {
  const media = /^m=/m.exec(sdp)?.index ?? sdp.length;
  const session = sdp
    .slice(0, media)
    .replace(/^a=(sendrecv|sendonly|recvonly|inactive)\r?\n/gm, '');
  return session + sdp.slice(media);
}
