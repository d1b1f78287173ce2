import './phone.css';
import { startTheme } from '../shared/theme';
import { Phone } from './calls';
import { parseConfig } from './config';
import { Settings } from './settings';
import { jsSipAgents } from './sip/jssip-agent';
import { Tones } from './tones';
import { SipPhone } from './ui/sip-phone';

startTheme();

const element = document.querySelector('sip-phone');
if (element instanceof SipPhone) {
  start(element);
}

function start(view: SipPhone): void {
  try {
    const config = parseConfig(document.getElementById('phone-config')?.textContent ?? '');
    const phone = new Phone(jsSipAgents(config.iceServers), new Tones());
    view.settings = new Settings(config, window.location);
    view.adminUrl = config.adminUrl;
    view.phone = phone;
    guardLeaving(phone);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    view.fault = `The phone cannot start: the server sent a faulty configuration (${why}).`;
  }
}

function guardLeaving(phone: Phone): void {
  window.addEventListener('beforeunload', (event) => {
    if (phone.state.lines.length > 0) {
      event.preventDefault();
    }
  });
  // A call cannot outlive its page yet: better its end than silence for the other side.
  window.addEventListener('pagehide', () => {
    phone.unregister();
  });
}
