import type { UA } from 'jssip';
import { beforeEach, expect, it } from 'vitest';
import { UA as FakeUA, type FakeSubscriber } from '../testing/fake-jssip';
import { Subscriptions } from './subscriptions';

let ua: FakeUA;
let events: string[];
let watches: Subscriptions;

beforeEach(() => {
  ua = new FakeUA({});
  events = [];
  watches = new Subscriptions(ua as unknown as UA, {
    extension: '1000',
    domain: 'pbx.test',
    presence: (extension, presence) => events.push(`${extension} ${presence}`),
    messages: (body) => events.push(body),
  });
});

function subscriber(place: number): FakeSubscriber {
  const found = ua.subscribers[place];
  if (found === undefined) {
    throw new Error('there is none');
  }
  return found;
}

it('asks for waiting messages once for each registration', () => {
  watches.start();
  watches.start();
  expect(ua.log).toEqual(['subscribe to message-summary of sip:1000@pbx.test']);
  subscriber(0).emit('notify', false, {}, 'Voice-Message: 2/0');
  subscriber(0).emit('notify', true, {}, 'the last word of the subscription');
  expect(events).toEqual(['Voice-Message: 2/0']);
  expect(ua.log.at(-1)).toBe('end message-summary of sip:1000@pbx.test');

  watches.onConnectionLost();
  watches.start();
  expect(ua.subscribers).toHaveLength(2);
});

it('watches an extension of another domain there', () => {
  watches.start();
  watches.set(['1001@branch.example']);
  expect(ua.log.slice(1)).toEqual([
    'subscribe to presence of sip:1001@branch.example',
    'subscribe to dialog of sip:1001@branch.example',
  ]);
});

it('names an extension with a plus sign by that sign', () => {
  watches.start();
  watches.set(['+15550100042']);
  expect(ua.log.slice(1)).toEqual([
    'subscribe to presence of sip:+15550100042@pbx.test',
    'subscribe to dialog of sip:+15550100042@pbx.test',
  ]);
});

it('watches an extension by two subscriptions, and unsubscribes', () => {
  watches.set(['1001']);
  expect(ua.log).toEqual([]);
  watches.start();
  expect(ua.log.slice(1)).toEqual([
    'subscribe to presence of sip:1001@pbx.test',
    'subscribe to dialog of sip:1001@pbx.test',
  ]);
  const basic = '<presence><tuple><status><basic>open</basic></status></tuple></presence>';
  subscriber(1).emit('notify', false, {}, basic);
  const talking = '<dialog-info><dialog><state>confirmed</state></dialog></dialog-info>';
  subscriber(2).emit('notify', false, {}, talking);
  expect(events).toEqual(['1001 available', '1001 busy']);

  watches.set([]);
  expect(ua.log.slice(-2)).toEqual([
    'end presence of sip:1001@pbx.test',
    'end dialog of sip:1001@pbx.test',
  ]);
  subscriber(1).emit('notify', false, {}, basic);
  expect(events).toHaveLength(2);
});

it('reports unknown presence without a connection, and subscribes again with the next one', () => {
  watches.set(['1001']);
  watches.start();
  watches.onConnectionLost();
  expect(events).toEqual(['1001 unknown']);
  watches.start();
  expect(ua.subscribers).toHaveLength(6);
});
