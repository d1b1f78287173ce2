// Put into a page after tests/browser/peers.js: the longest time in which nothing was heard, by any
// connection. A tone without a pause is sent to it.
{
  const EVERY = 100; // ms
  const AUDIBLE = 0.0002; // of RTCInboundRtpStreamStats.totalAudioEnergy, in that time
  const energies = new WeakMap();
  let last = performance.now();
  let longest = 0;

  const look = async () => {
    let heard = false;
    for (const peer of window.sipappTest.peers) {
      if (peer.connectionState === 'closed') continue;
      let energy = 0;
      for (const report of (await peer.getStats()).values()) {
        if (report.type === 'inbound-rtp') energy += report.totalAudioEnergy;
      }
      heard ||= energy - (energies.get(peer) ?? energy) > AUDIBLE;
      energies.set(peer, energy);
    }
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = heard ? now : last;
    setTimeout(look, EVERY);
  };
  look();

  window.sipappGaps = {
    begin: () => {
      last = performance.now();
      longest = 0;
    },
    // In seconds: the longest, and for how long nothing has been heard now.
    longest: () => longest / 1000,
    now: () => (performance.now() - last) / 1000,
  };
}
