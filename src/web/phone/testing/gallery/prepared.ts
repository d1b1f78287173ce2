import { Settings } from '../../model/settings';
import type { PhoneState } from '../../model/state';
import type { PastCall } from '../../account-data/history';
import type { SipPhone } from '../../ui/sip-phone';
import type { SoundState } from '../../ui/sound-controls';
import { phoneConfig } from '../config';
import { nameOf } from '../names';
import { fakePeople } from '../fake-people';
import { ViewPhone } from '../view-phone';
import { fakeSound } from '../fake-sound';

/** The parts of a state of the gallery. */
export interface Prepared {
  readonly phone?: Partial<PhoneState>;
  readonly sound?: Partial<SoundState>;
  readonly calls?: readonly PastCall[];
  readonly view?: Partial<SipPhone>;
  /** The actions of a person that lead to the state. */
  readonly steps?: readonly ((view: SipPhone) => void | Promise<void>)[];
}

export function prepared(view: SipPhone, wanted: Prepared): SipPhone {
  const phone = new ViewPhone(wanted.phone);
  const { state } = phone.state.registration;
  const config = { ...phoneConfig, domain: 'pbx.example.org' };
  view.settings = new Settings(config, {
    hostname: 'pbx.example.org',
    port: '',
    protocol: 'https:',
  });
  view.options = config;
  view.phone = phone;
  view.sound = fakeSound(wanted.sound);
  view.people = state === 'registered' || state === 'registering' ? fakePeople(wanted.calls) : null;
  view.keptRegistration = { isPossible: true, exists: false };
  return Object.assign(view, wanted.view);
}

export function press(name: string): (view: SipPhone) => void {
  return (view) => {
    const found = [...view.querySelectorAll('button')].find((button) => nameOf(button) === name);
    if (found === undefined) {
      throw new Error(`no button ${name}`);
    }
    found.click();
  };
}

export function type(selector: string, text: string): (view: SipPhone) => void {
  return (view) => {
    const field = view.querySelector<HTMLInputElement>(selector);
    if (field === null) {
      throw new Error(`no field ${selector}`);
    }
    field.value = text;
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
  };
}
