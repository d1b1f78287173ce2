import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { canHandleLinks, handleLinks } from './link-handling';
import type { ServerErrors, Settings } from '../../model/settings';
import { ask } from '../ask';
import { Dialog } from '../dialog';
import '../forget-device';
import type { SoundControls } from '../sound-controls';
import './connection-form';
import './settings.css';
import './sound-fields';
import './test-dialog';

/** The settings of this device. Fires `shortcuts` and `forget`, besides `ask` and `closed`. */
@customElement('phone-settings')
export class SettingsDialog extends Dialog {
  @property({ attribute: false }) settings!: Settings;
  @property({ attribute: false }) errors: ServerErrors = {};
  @property({ attribute: false }) sound: SoundControls | null = null;
  /** Number of an echo service, for a test call; empty if there is none. */
  @property({ attribute: false }) echoNumber = '';
  /** Whether callers may have the phone answered (intercom). */
  @property({ attribute: false }) intercom = false;
  /** Whether the administrator accepts reports. */
  @property({ attribute: false }) reports = false;
  @state() private tests = false;
  protected override readonly heading = 'Settings';

  protected override contentTemplate(): TemplateResult {
    return html`${this.testTemplate()}${this.soundTemplate()}
      <section class="settings-part stack">
        <h3>Connection</h3>
        <phone-connection-form
          .settings=${this.settings}
          .errors=${this.errors}
          @done=${() => {
            this.close();
          }}
        ></phone-connection-form>
      </section>
      ${this.deviceTemplate()}`;
  }

  private testTemplate(): TemplateResult | typeof nothing {
    const { sound } = this;
    if (sound === null) {
      return nothing;
    }
    return html`<section class="settings-part stack">
      <button
        type="button"
        class="button button-wide"
        @click=${() => {
          this.tests = true;
        }}
      >
        Test this phone
      </button>
      <p class="field-help">
        Microphone, speaker, server, network, and a call to the echo service.
      </p>
      ${
        this.tests
          ? html`<phone-test
              .sound=${sound}
              .server=${this.settings.server}
              .echoNumber=${this.echoNumber}
              .reports=${this.reports}
              @closed=${() => {
                this.tests = false;
              }}
            ></phone-test>`
          : nothing
      }
    </section>`;
  }

  private soundTemplate(): TemplateResult | typeof nothing {
    if (this.sound === null) {
      return nothing;
    }
    return html`<section class="settings-part stack">
      <h3>Sound</h3>
      <phone-sound .sound=${this.sound} .intercom=${this.intercom}></phone-sound>
      ${
        this.echoNumber === ''
          ? nothing
          : html`<div>
              <button type="button" class="button" @click=${this.callEcho}>Test call</button>
              <p class="field-help">Calls ${this.echoNumber}, where you hear yourself.</p>
            </div>`
      }
    </section>`;
  }

  private deviceTemplate(): TemplateResult {
    return html`<section class="settings-part stack">
      <h3>This device</h3>
      <div class="settings-rows">
        ${actionTemplate('Keyboard shortcuts', () => {
          this.dispatchEvent(new CustomEvent('shortcuts'));
        })}
        ${
          canHandleLinks()
            ? actionTemplate('Open telephone links with this phone', handleLinks)
            : nothing
        }
        <phone-forget @forget=${() => this.dispatchEvent(new CustomEvent('forget'))}></phone-forget>
      </div>
    </section>`;
  }

  private readonly callEcho = (): void => {
    this.close();
    ask(this, (phone) => {
      phone.call(this.echoNumber);
    });
  };
}

function actionTemplate(text: string, press: () => void): TemplateResult {
  return html`<button type="button" class="button button-wide" @click=${press}>${text}</button>`;
}
