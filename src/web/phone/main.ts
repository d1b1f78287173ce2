import './ui/phone.css';
import { startTheme } from '../shared/theme';
import { parseConfig, type PhoneConfig } from './model/config';
import { load } from '../shared/loading';
import { Settings } from './model/settings';
import { isResumeExpected, isRegistrationKept } from './account-data/storage-keys';
import { SipPhone } from './ui/sip-phone';

startTheme();

const element = document.querySelector('sip-phone');
if (element instanceof SipPhone) {
  start(element);
}

function start(view: SipPhone): void {
  try {
    const config = parseConfig(document.getElementById('phone-config')?.textContent ?? '');
    const settings = new Settings(config, window.location);
    view.options = config;
    view.keptRegistration = { isPossible: window.isSecureContext, exists: isRegistrationKept() };
    // The first view; left out if an account is registered again, because the form would appear for
    // a moment.
    view.settings = isResumeExpected() ? null : settings;
    void view.expect(rest(view, config, settings));
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    view.fault = `The phone cannot start: the server sent a faulty configuration (${why}).`;
  }
}

async function rest(view: SipPhone, config: PhoneConfig, settings: Settings): Promise<void> {
  // Parsing the phone's program would delay the first view.
  await view.updateComplete;
  try {
    const { run } = await load(() => import('./app/page'));
    await run(view, config, settings);
  } finally {
    // Also after a failure, to have an element that shows the message.
    view.settings = settings;
  }
}
