import { beforeEach, expect, it } from 'vitest';
import { ToneSender } from './tone-sender';

class Connection extends EventTarget {
  connectionState = 'connecting';
  dtmf = { toneBuffer: '', canInsertDTMF: true as boolean | undefined, insertDTMF };
  getSenders(): unknown[] {
    return [{ dtmf: null }, { dtmf: this.dtmf }];
  }
  turn(event: string): void {
    this.dispatchEvent(new Event(event));
  }
}

let inserted: string[];
let connection: Connection;
let tones: ToneSender;

function insertDTMF(digits: string, duration: number, pause: number): void {
  inserted.push(`${digits} ${duration} ${pause}`);
}

beforeEach(() => {
  inserted = [];
  connection = new Connection();
  tones = new ToneSender(connection as unknown as RTCPeerConnection);
});

it('sends tones after those that still sound', () => {
  connection.connectionState = 'connected';
  connection.dtmf.toneBuffer = '12';
  tones.send('3#');
  expect(inserted).toEqual(['123# 100 100']);
});

it('queues tones until the audio has a path', () => {
  tones.send('1');
  tones.send('2');
  connection.turn('connectionstatechange');
  expect(inserted).toEqual([]);
  connection.connectionState = 'connected';
  connection.turn('connectionstatechange');
  connection.turn('connectionstatechange');
  expect(inserted).toEqual(['12 100 100']);
});

it('queues tones while the direction of the audio keeps this side silent', () => {
  connection.connectionState = 'connected';
  connection.dtmf.canInsertDTMF = false;
  tones.send('1');
  expect(inserted).toEqual([]);
  connection.dtmf.canInsertDTMF = true;
  connection.turn('signalingstatechange');
  expect(inserted).toEqual(['1 100 100']);
});

it('sends tones in a browser that does not say whether it can', () => {
  connection.connectionState = 'connected';
  connection.dtmf.canInsertDTMF = undefined;
  tones.send('1');
  expect(inserted).toEqual(['1 100 100']);
});
