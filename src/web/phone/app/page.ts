/* The program of the page except the first view, beside which it is loaded. */
import { pause } from '../../shared/timers';
import type { PhoneConfig } from '../model/config';
import { onFurtherLinks, takeLink } from './links';
import { load, pageLoaded } from '../../shared/loading';
import { SoundSettings } from '../media/sound-settings';
import type { Settings } from '../model/settings';
import { jsSipAgents } from '../sip/jssip-agent';
import { Softphone } from './softphone';
import { isResumeExpected, isRegistrationKept } from '../account-data/storage-keys';
import { playFailedCallTone } from '../tones/failed-call-tone';
import type { ServicesRequest } from '../ui/ask';
import type { Registering, SipPhone } from '../ui/sip-phone';

/** Delay after the page has loaded, in ms. */
const APP_DELAY_MS = 1_000;
/** How long the phone waits for the database to open, in ms. */
const RESUME_TIMEOUT_MS = 1_000;

/** Connects a phone to the view; it is registered already if it was when the page was closed. */
export async function run(view: SipPhone, config: PhoneConfig, settings: Settings): Promise<void> {
  const sound = new SoundSettings();
  const softphone = new Softphone(config, {
    agents: (iceServers) => jsSipAgents(iceServers, sound),
    sounds: sound.tones,
    autoAnswer: () => sound.state.preferences.intercom,
    locks: (navigator as Partial<Navigator>).locks,
  });
  guardLeaving(softphone);
  if (isResumeExpected()) {
    // The registration starts before the first view is rendered, which then shows the registered
    // phone.
    const resumed = softphone.services().then((services) => services.resume(settings));
    await Promise.race([resumed.catch(() => undefined), pause(RESUME_TIMEOUT_MS)]);
  }
  view.sound = sound;
  playFailedCallTone(softphone.phone, sound.tones);
  fillIn(view);
  prepare(view, softphone, sound);
  show(view, softphone);
  void becomeApp(view, softphone, config);
}

/** The phone is loaded before the app around it, which would compete for network and processor. */
async function becomeApp(view: SipPhone, { phone }: Softphone, config: PhoneConfig): Promise<void> {
  await pageLoaded(APP_DELAY_MS);
  const app = await load(() => import('./start')).catch(() => null);
  // Without it there are no notifications; the phone still rings.
  view.app = app === null ? null : new app.AppShell(phone, config);
}

/** The number of a link is put into the field; the person decides whether to call it. */
function fillIn(view: SipPhone): void {
  view.prefill = takeLink();
  onFurtherLinks((link) => {
    view.prefill = link;
  });
}

function show(view: SipPhone, softphone: Softphone): void {
  const { phone } = softphone;
  const refresh = (): void => {
    view.people = softphone.people;
    view.keptRegistration = { isPossible: window.isSecureContext, exists: isRegistrationKept() };
    const isElsewhere = phone.audioTab === 'other-tab' && phone.state.lines.length > 0;
    view.notices = isElsewhere
      ? [{ text: 'The sound of this call is in another tab of this browser.' }]
      : softphone.notices;
  };
  phone.subscribe(refresh);
  softphone.subscribe(refresh);
  refresh();
  view.addEventListener('registering', (event) => {
    const { account, keep } = (event as CustomEvent<Registering>).detail;
    softphone.withServices(({ kept }) => {
      kept.onRegistering(account, keep);
    });
  });
  view.addEventListener('ask-around', (event) => {
    softphone.withServices((event as CustomEvent<ServicesRequest>).detail);
  });
  view.addEventListener('forget', () => {
    softphone.withServices((services) => {
      void services.forget().then(refresh);
    });
  });
  view.phone = phone;
}

/** A person types, and is about to register: loads the modules for that in advance. */
function prepare(view: SipPhone, softphone: Softphone, sound: SoundSettings): void {
  const begin = (): void => {
    softphone.prepare();
    void load(() => import('../sip/warm-up')).then(
      ({ warmUp }) => {
        warmUp();
      },
      () => undefined,
    );
    // A password manager fills the form without a click, so sound stays blocked.
    if ((navigator as Partial<Navigator>).userActivation?.hasBeenActive === true) {
      sound.tones.unlock();
    }
  };
  view.addEventListener('input', begin, { once: true });
}

function guardLeaving({ phone }: Softphone): void {
  window.addEventListener('beforeunload', (event) => {
    if (phone.hasCalls) {
      event.preventDefault();
    }
  });
  window.addEventListener('pagehide', () => {
    phone.leavePage();
  });
}
