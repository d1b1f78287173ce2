// Put into pages whose sound is to be recognised, after peers.js and a line that sets
// `sipappTone`: the microphone is a tone of that many Hz, and what arrives is looked at by FFT.
{
  // Bins of 5.9 Hz at 48 kHz, over 0.17 s.
  const FFT = 8192;

  navigator.mediaDevices.getUserMedia = async () => {
    const context = new AudioContext();
    const oscillator = new OscillatorNode(context, { frequency: window.sipappTone });
    const out = new MediaStreamAudioDestinationNode(context);
    oscillator.connect(new GainNode(context, { gain: 0.5 })).connect(out);
    oscillator.start();
    for (const track of out.stream.getTracks()) {
      const stop = track.stop.bind(track);
      // A context that goes on keeps a processor busy: after some twenty calls all of it.
      track.stop = () => {
        stop();
        void context.close();
      };
    }
    return out.stream;
  };

  let ear = null;
  const ears = new Map();
  const levels = new Float32Array(FFT / 2);

  const analyserOf = (track) => {
    ear ??= new AudioContext();
    if (!ears.has(track)) {
      const source = new MediaStreamAudioSourceNode(ear, { mediaStream: new MediaStream([track]) });
      const analyser = new AnalyserNode(ear, { fftSize: FFT, smoothingTimeConstant: 0 });
      source.connect(analyser);
      // The source too: it is silent once its object has been collected.
      ears.set(track, { source, analyser });
    }
    return ears.get(track).analyser;
  };

  // Decibels at each of these frequencies, in Hz, of all that arrives now.
  const heard = (frequencies) => {
    const loudest = frequencies.map(() => -Infinity);
    for (const peer of window.sipappTest.peers) {
      if (peer.connectionState === 'closed') continue;
      for (const { track } of peer.getReceivers()) {
        if (track.kind !== 'audio' || track.readyState !== 'live') continue;
        const analyser = analyserOf(track);
        analyser.getFloatFrequencyData(levels);
        frequencies.forEach((hertz, index) => {
          const bin = Math.round((hertz * FFT) / ear.sampleRate);
          loudest[index] = Math.max(loudest[index], ...levels.slice(bin - 1, bin + 2));
        });
      }
    }
    // No number of JSON is infinite: silence is as good as -1000 dB.
    return loudest.map((level) => Math.max(level, -1000));
  };

  // Energy of all that was played by connections that are not closed, also while they are broken.
  const energy = async () => {
    let sum = 0;
    for (const peer of window.sipappTest.peers) {
      if (peer.connectionState === 'closed') continue;
      for (const report of (await peer.getStats()).values()) {
        if (report.type === 'inbound-rtp') sum += report.totalAudioEnergy;
      }
    }
    return sum;
  };

  window.sipappTones = { energy, heard };
}
