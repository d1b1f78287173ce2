import './phone.css';
import { startTheme } from '../shared/theme';
import { load } from './loading';
import { Softphone } from './softphone';
import { parseConfig } from './config';
import { SoundSettings } from './media/sound-settings';
import { onFurtherLinks, takeNumber } from './links';
import { Settings } from './settings';
import { shortcuts } from './shortcuts';
import { jsSipAgents } from './sip/jssip-agent';
import { isExpected, isKept } from './store/marks';
import { hearEnds } from './tones/ends';
import type { AskAround } from './ui/ask';
import { SipPhone, type Registering } from './ui/sip-phone';

/** A database that does not open may hold the phone up for so many ms. */
const PATIENCE = 1_000;

startTheme();

const element = document.querySelector('sip-phone');
if (element instanceof SipPhone) {
  void start(element);
}

async function start(view: SipPhone): Promise<void> {
  try {
    const config = parseConfig(document.getElementById('phone-config')?.textContent ?? '');
    const settings = new Settings(config, window.location);
    const sound = new SoundSettings();
    const softphone = new Softphone(config, {
      agents: (iceServers) => jsSipAgents(iceServers, sound),
      sounds: sound.tones,
      locks: (navigator as Partial<Navigator>).locks,
    });
    guardLeaving(softphone);
    if (isExpected()) {
      // It registers before the first view is drawn, which is another one then.
      const resumed = softphone.around().then((around) => around.resume(settings));
      const late = new Promise((go) => setTimeout(go, PATIENCE));
      await Promise.race([resumed.catch(() => undefined), late]);
    }
    void load(() => import('./app/start')).then(
      ({ App }) => {
        view.app = new App(softphone.phone, config);
      },
      // A phone without notifications, and with a server that is gone: it rings all the same.
      () => undefined,
    );
    view.sound = sound;
    hearEnds(softphone.phone, sound.tones);
    view.shortcuts = shortcuts;
    fillIn(view);
    view.settings = settings;
    view.options = config;
    show(view, softphone);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'unknown';
    view.fault = `The phone cannot start: the server sent a faulty configuration (${why}).`;
  }
}

/** The number of a link; calling it is up to the person. */
function fillIn(view: SipPhone): void {
  view.prefill = takeNumber();
  onFurtherLinks((number) => {
    view.prefill = number;
  });
}

function show(view: SipPhone, softphone: Softphone): void {
  const { phone } = softphone;
  const refresh = (): void => {
    view.people = softphone.people;
    view.keeping = { can: window.isSecureContext, does: isKept() };
    const isElsewhere = phone.place === 'other-tab' && phone.state.lines.length > 0;
    view.notices = isElsewhere
      ? [{ text: 'The sound of this call is in another tab of this browser.' }]
      : softphone.notices;
  };
  phone.subscribe(refresh);
  softphone.subscribe(refresh);
  refresh();
  view.phone = phone;
  view.addEventListener('registering', (event) => {
    const { account, keep } = (event as CustomEvent<Registering>).detail;
    softphone.whenAround(({ keeping }) => {
      keeping.registering(account, keep);
    });
  });
  view.addEventListener('ask-around', (event) => {
    softphone.whenAround((event as CustomEvent<AskAround>).detail);
  });
  view.addEventListener('forget', () => {
    softphone.whenAround((around) => {
      void around.forget().then(refresh);
    });
  });
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
