/* Icons from Lucide (https://lucide.dev, ISC licence): inlined by the build, only those
   named here. They carry no name of their own: the control they stand in has it. */
import arrowLeft from 'lucide-static/icons/arrow-left.svg?raw';
import deleteKey from 'lucide-static/icons/delete.svg?raw';
import eye from 'lucide-static/icons/eye.svg?raw';
import eyeOff from 'lucide-static/icons/eye-off.svg?raw';
import gear from 'lucide-static/icons/settings.svg?raw';
import mic from 'lucide-static/icons/mic.svg?raw';
import micOff from 'lucide-static/icons/mic-off.svg?raw';
import moon from 'lucide-static/icons/moon.svg?raw';
import phone from 'lucide-static/icons/phone.svg?raw';
import phoneOff from 'lucide-static/icons/phone-off.svg?raw';
import sliders from 'lucide-static/icons/sliders-horizontal.svg?raw';
import sun from 'lucide-static/icons/sun.svg?raw';
import user from 'lucide-static/icons/user-round.svg?raw';

const sources = {
  arrowLeft,
  deleteKey,
  eye,
  eyeOff,
  gear,
  mic,
  micOff,
  moon,
  phone,
  phoneOff,
  sliders,
  sun,
  user,
};

export type IconName = keyof typeof sources;

/** The markup of an icon, a constant: safe to hand to innerHTML. */
export function iconMarkup(name: IconName): string {
  return sources[name]
    .replace(/<!--.*?-->/gs, '')
    .replace(/class="[^"]*"/, 'class="icon" aria-hidden="true" focusable="false"')
    .trim();
}

/** A fresh SVG element, hidden from assistive technology. */
export function icon(name: IconName): SVGSVGElement {
  const holder = document.createElement('template');
  holder.innerHTML = iconMarkup(name);
  const svg = holder.content.querySelector('svg');
  if (svg === null) {
    throw new Error(`icon ${name} is not an SVG`);
  }
  return svg;
}
