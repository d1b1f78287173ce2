/* The six controls of a call, always in the same places. */
import { html, nothing, type TemplateResult } from 'lit';
import type { IconName } from '../../../shared/icons';
import type { Line } from '../../model/state';
import { ask } from '../ask';
import { iconOf } from '../icon';

/** The drawer below the controls. */
export type Drawer = 'keypad' | 'transfer' | 'sound' | 'quality' | 'add';

interface Control {
  readonly label: string;
  readonly icon: IconName;
  readonly press: (event: Event) => void;
  readonly enabled: boolean;
  /** The keyboard shortcut. */
  readonly shortcut?: string;
  /** Whether the control is highlighted as a state that the person should not forget. */
  readonly warns?: boolean;
  /** Whether the drawer of the control is open. */
  readonly opened?: boolean;
}

export interface Choice {
  readonly drawer: Drawer;
  readonly canMerge: boolean;
  readonly hasSound: boolean;
  /** Shows the drawer below the controls. */
  readonly show: (drawer: Drawer) => void;
}

export function controls(line: Line, choice: Choice): TemplateResult {
  return html`<div class="controls" role="group" aria-label="Call controls">
    ${[
      muteOf(line),
      drawerOf('Keypad', 'grid', 'keypad', true, choice),
      holdOf(line),
      drawerOf('Transfer', 'transfer', 'transfer', isUp(line) && line.conference === null, choice),
      choice.canMerge ? mergeOf() : drawerOf('Add call', 'plus', 'add', isUp(line), choice),
      drawerOf('Sound', 'speaker', 'sound', choice.hasSound, choice),
    ].map(template)}
  </div>`;
}

/** Whether the call is answered and its connection intact. */
function isUp(line: Line): boolean {
  return line.state === 'active' && line.rescue === 'none';
}

function muteOf(line: Line): Control {
  const { id, muted } = line;
  return {
    label: muted ? 'Unmute' : 'Mute',
    icon: muted ? 'micOff' : 'mic',
    enabled: line.state === 'active',
    warns: muted,
    shortcut: 'M',
    press: (event) => {
      ask(event.target as Element, (phone) => {
        phone.setMuted(id, !muted);
      });
    },
  };
}

function holdOf(line: Line): Control {
  const { id } = line;
  const held = line.hold === 'held' || line.hold === 'resuming';
  return {
    label: held ? 'Resume' : 'Hold',
    icon: held ? 'play' : 'pause',
    // No second request while the switch has not accepted the first.
    enabled: isUp(line) && (line.hold === 'no' || line.hold === 'held'),
    warns: held,
    shortcut: 'H',
    press: (event) => {
      ask(event.target as Element, (phone) => {
        if (held) {
          phone.resume(id);
        } else {
          phone.hold(id);
        }
      });
    },
  };
}

function mergeOf(): Control {
  return {
    label: 'Merge',
    icon: 'merge',
    enabled: true,
    press: (event) => {
      ask(event.target as Element, (phone) => {
        phone.merge();
      });
    },
  };
}

function drawerOf(
  label: string,
  icon: IconName,
  drawer: Drawer,
  enabled: boolean,
  choice: Choice,
): Control {
  return {
    label,
    icon,
    enabled,
    opened: choice.drawer === drawer,
    ...(drawer === 'transfer' ? { shortcut: 'T' } : {}),
    press: () => {
      choice.show(drawer);
    },
  };
}

function template(control: Control): TemplateResult {
  const { opened } = control;
  return html`<button
    type="button"
    class="button control ${control.warns === true ? 'is-warning' : ''}"
    aria-expanded=${opened ?? nothing}
    aria-keyshortcuts=${control.shortcut ?? nothing}
    ?disabled=${!control.enabled}
    @click=${control.press}
  >
    ${iconOf(control.icon)}<span>${control.label}</span>
  </button>`;
}
