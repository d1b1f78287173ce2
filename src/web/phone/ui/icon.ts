import type { DirectiveResult } from 'lit/directive.js';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import { iconMarkup, type IconName } from '../../shared/icons';

/** An icon in a Lit template: a constant of the build, rendered once. */
export function iconOf(name: IconName): DirectiveResult {
  return unsafeHTML(iconMarkup(name));
}
