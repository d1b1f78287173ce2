import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { shortcuts, shortcutsAreOn, switchShortcuts } from './shortcuts';
import { Dialog } from './dialog';
import './settings/settings.css';

@customElement('phone-shortcuts')
export class ShortcutsDialog extends Dialog {
  protected override readonly heading = 'Keyboard shortcuts';

  protected override contentTemplate(): TemplateResult {
    return html`<dl class="shortcuts">
        ${shortcuts.map(
          ({ key, what }) =>
            html`<div class="shortcut">
              <dt>${what}</dt>
              <dd><kbd>${key}</kbd></dd>
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
