/* A page that shows the phone in one of its states, for screenshots and checks of each. It is built
   for the tests only and never shipped. */
import '../../ui/phone.css';
import { SipPhone } from '../../ui/sip-phone';
import { prepared, type Prepared } from './prepared';
import { states } from './states';

declare global {
  interface Window {
    /** All names, and a function that shows one of them. */
    gallery: { readonly names: readonly string[]; show(name: string): Promise<void> };
  }
}

async function show(name: string): Promise<void> {
  const make = states[name];
  if (make === undefined) {
    throw new Error(`no state ${name}`);
  }
  const view = new SipPhone();
  const wanted: Prepared = make(view);
  document.querySelector('sip-phone')?.remove();
  document.body.append(prepared(view, wanted));
  await settled(view);
  for (const step of wanted.steps ?? []) {
    await step(view);
    await settled(view);
  }
  await document.fonts.ready;
}

/** Lets components load and render. */
async function settled(view: SipPhone): Promise<void> {
  do {
    await view.updateComplete;
    await Promise.all(
      [...view.querySelectorAll(':not(:defined)')].map((one) =>
        customElements.whenDefined(one.localName),
      ),
    );
    await new Promise((resolve) => realTimeout(resolve, 60));
  } while (view.querySelector(':not(:defined)') !== null);
}

// A new view's buttons are disabled for half a second, which is skipped here.
const realTimeout = window.setTimeout.bind(window);
window.setTimeout = ((handler: () => void, delay = 0) =>
  realTimeout(handler, delay / 20)) as typeof window.setTimeout;

window.gallery = { names: Object.keys(states), show };
