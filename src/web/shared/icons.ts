/* Icons from Lucide (https://lucide.dev, ISC licence): inlined by the build, only those named here.
   An icon has no accessible name; the control around it has. */
import arrowLeft from 'lucide-static/icons/arrow-left.svg?raw';
import bellOff from 'lucide-static/icons/bell-off.svg?raw';
import check from 'lucide-static/icons/check.svg?raw';
import close from 'lucide-static/icons/x.svg?raw';
import contacts from 'lucide-static/icons/book-user.svg?raw';
import deleteKey from 'lucide-static/icons/delete.svg?raw';
import eye from 'lucide-static/icons/eye.svg?raw';
import eyeOff from 'lucide-static/icons/eye-off.svg?raw';
import gear from 'lucide-static/icons/settings.svg?raw';
import grid from 'lucide-static/icons/grip.svg?raw';
import help from 'lucide-static/icons/keyboard.svg?raw';
import history from 'lucide-static/icons/history.svg?raw';
import incoming from 'lucide-static/icons/phone-incoming.svg?raw';
import leave from 'lucide-static/icons/log-out.svg?raw';
import merge from 'lucide-static/icons/merge.svg?raw';
import mic from 'lucide-static/icons/mic.svg?raw';
import micOff from 'lucide-static/icons/mic-off.svg?raw';
import missed from 'lucide-static/icons/phone-missed.svg?raw';
import moon from 'lucide-static/icons/moon.svg?raw';
import outgoing from 'lucide-static/icons/phone-outgoing.svg?raw';
import pause from 'lucide-static/icons/pause.svg?raw';
import pencil from 'lucide-static/icons/pencil.svg?raw';
import phone from 'lucide-static/icons/phone.svg?raw';
import phoneOff from 'lucide-static/icons/phone-off.svg?raw';
import play from 'lucide-static/icons/play.svg?raw';
import plus from 'lucide-static/icons/plus.svg?raw';
import sliders from 'lucide-static/icons/sliders-horizontal.svg?raw';
import speaker from 'lucide-static/icons/volume-2.svg?raw';
import star from 'lucide-static/icons/star.svg?raw';
import sun from 'lucide-static/icons/sun.svg?raw';
import swap from 'lucide-static/icons/arrow-left-right.svg?raw';
import transfer from 'lucide-static/icons/phone-forwarded.svg?raw';
import trash from 'lucide-static/icons/trash-2.svg?raw';
import user from 'lucide-static/icons/user-round.svg?raw';
import users from 'lucide-static/icons/users-round.svg?raw';
import voicemail from 'lucide-static/icons/voicemail.svg?raw';

const sources = {
  arrowLeft,
  bellOff,
  check,
  close,
  contacts,
  deleteKey,
  eye,
  eyeOff,
  gear,
  grid,
  help,
  history,
  incoming,
  leave,
  merge,
  mic,
  micOff,
  missed,
  moon,
  outgoing,
  pause,
  pencil,
  phone,
  phoneOff,
  play,
  plus,
  sliders,
  speaker,
  star,
  sun,
  swap,
  transfer,
  trash,
  user,
  users,
  voicemail,
};

export type IconName = keyof typeof sources;

/** The markup of an icon, a constant: safe to hand to innerHTML. */
export function iconMarkup(name: IconName): string {
  return sources[name]
    .replace(/<!--.*?-->/gs, '')
    .replace(/class="[^"]*"/, 'class="icon" aria-hidden="true" focusable="false"')
    .trim();
}

/** A new SVG element, hidden from assistive technology. */
export function icon(name: IconName): SVGSVGElement {
  const holder = document.createElement('template');
  holder.innerHTML = iconMarkup(name);
  const svg = holder.content.querySelector('svg');
  if (svg === null) {
    throw new Error(`icon ${name} is not an SVG`);
  }
  return svg;
}
