// Put into every page before its own scripts: keeps the page's RTCPeerConnections in reach, counts
// its WebSockets, and reports what a Content-Security-Policy turned away.
{
  const peers = [];
  const digits = [];
  const Real = window.RTCPeerConnection;

  window.RTCPeerConnection = class extends Real {
    constructor(...given) {
      super(...given);
      peers.push(this);
    }
  };

  let sockets = 0;
  const RealSocket = window.WebSocket;

  window.WebSocket = class extends RealSocket {
    constructor(...given) {
      super(...given);
      sockets += 1;
    }
  };

  // The browser says so itself when it has sent an RFC 4733 (2833) tone.
  if ('RTCDTMFSender' in window) {
    const insert = RTCDTMFSender.prototype.insertDTMF;
    const watched = new WeakSet();
    RTCDTMFSender.prototype.insertDTMF = function (...given) {
      if (!watched.has(this)) {
        watched.add(this);
        this.addEventListener('tonechange', ({ tone }) => tone && digits.push(tone));
      }
      return insert.apply(this, given);
    };
  }

  // Sums over the connections that are up.
  const audio = async () => {
    const sum = { sent: 0, received: 0, lost: 0, energy: 0, open: 0 };
    for (const peer of peers) {
      if (peer.connectionState !== 'connected') continue;
      sum.open += 1;
      for (const report of (await peer.getStats()).values()) {
        if (report.kind !== 'audio') continue;
        if (report.type === 'outbound-rtp') sum.sent += report.packetsSent;
        if (report.type === 'inbound-rtp') {
          sum.received += report.packetsReceived;
          sum.lost += report.packetsLost;
          sum.energy += report.totalAudioEnergy;
        }
      }
    }
    return sum;
  };

  window.sipappTest = { audio, digits, peers, sockets: () => sockets };

  document.addEventListener('securitypolicyviolation', (event) => {
    console.error(`CSP: ${event.violatedDirective} turned away ${event.blockedURI}`);
  });
}
