// Put into both pages before their own scripts: notes when what a person waits for comes.
{
  const begin = {};
  const noted = {};
  const note = (name) => (noted[name] ??= performance.now());

  const observer = new MutationObserver(() => {
    const button = [...document.querySelectorAll('button')].find(
      (each) => each.textContent.trim() === 'Register' && !each.disabled,
    );
    if (button !== undefined) {
      note('usable');
      observer.disconnect();
    }
  });
  observer.observe(document, { childList: true, subtree: true, attributes: true });

  document.addEventListener(
    'click',
    ({ target, timeStamp }) => {
      const name = target.closest?.('button')?.textContent.trim();
      if (name !== undefined) begin[name] = timeStamp;
    },
    true,
  );

  const Real = window.WebSocket;
  window.WebSocket = class extends Real {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', ({ data }) => {
        if (!data.startsWith?.('SIP/2.0 ')) return;
        const method = /^CSeq: *\d+ +(\w+)/im.exec(data)?.[1];
        const status = Number(data.slice(8, 11));
        if (method === 'REGISTER' && status === 200) note('registered');
        if (method === 'INVITE' && status >= 180 && status < 190) note('ringing');
      });
    }
    send(data) {
      if (data.startsWith?.('INVITE ')) note('invite');
      super.send(data);
    }
  };

  const Connection = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Connection {
    constructor(...given) {
      super(...given);
      // A browser unmutes a track with its first packet.
      this.addEventListener('track', ({ track }) => {
        track.addEventListener('unmute', () => note('sound'));
      });
    }
  };

  window.sipappWatch = {
    /** Milliseconds from a click (from the page's first moment, without one) until it came. */
    since: (name, click) => noted[name] && noted[name] - (click === undefined ? 0 : begin[click]),
    forget: () => {
      for (const name of Object.keys(noted)) delete noted[name];
    },
  };
}
