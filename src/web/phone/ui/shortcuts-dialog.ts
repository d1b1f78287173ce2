import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { shortcutsAreOn, switchShortcuts } from '../shortcuts';
import { Dialog } from './dialog';
import './settings/settings.css';

export interface Shortcut {
  /** As printed on the keys, for example `Alt+M`. */
  readonly keys: string;
  readonly what: string;
}

@customElement('phone-shortcuts')
export class ShortcutsDialog extends Dialog {
  @property({ attribute: false }) shortcuts: readonly Shortcut[] = [];
  protected override readonly heading = 'Keyboard shortcuts';

  protected override contentTemplate(): TemplateResult {
    return html`<dl class="shortcuts">
        ${this.shortcuts.map(
          ({ keys, what }) =>
            html`<div class="shortcut">
              <dt>${what}</dt>
              <dd>
                ${keys.split('+').map((key, index) => html`${index > 0 ? '+' : ''}<kbd>${key}</kbd>`)}
              </dd>
            </div>`,
        )}
      </dl>
      <label class="switch">
        <input
          type="checkbox"
          .checked=${shortcutsAreOn()}
          @change=${(event: Event) => {
            switchShortcuts((event.target as HTMLInputElement).checked);
          }}
        /><span class="switch-text">Use these keys in calls</span>
      </label>`;
  }
}
