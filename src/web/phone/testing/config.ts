import type { PhoneConfig } from '../model/config';

/** A server's configuration for tests. */
export const phoneConfig: PhoneConfig = {
  server: 'wss://{host}:7443',
  domain: '',
  allowCustomServer: true,
  iceServers: [],
  turn: false,
  echoNumber: '9196',
  conferencePrefix: '30',
  recoveryUser: 'resume',
  voicemailNumber: '*98',
  pickupPrefix: '**',
  numbering: null,
  autoAnswer: false,
  directory: true,
  presence: 'server',
  reports: true,
  phoneApi: '/sip/phone',
  serviceWorker: '/sip/service-worker.js',
  adminUrl: '/sip/admin',
  offline: false,
};
