import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { iconOf } from '../icon';
import { LightElement } from '../light-element';
import { ringtones, type Ringtone } from '../../tones/patterns';
import type { Flag, Role, SoundControls, SoundPreferences, SoundTest } from '../sound-controls';
import './sound.css';

const testWords: Readonly<Record<SoundTest, string>> = {
  idle: 'Record and play back',
  recording: 'Recording: say something…',
  playing: 'Playing it back…',
};

const labels: Readonly<Record<Role, string>> = {
  microphone: 'Microphone',
  speaker: 'Speaker',
  ringer: 'Ringer',
};

const ringtoneNames: Readonly<Record<Ringtone, string>> = {
  chime: 'Chime',
  classic: 'Classic',
  soft: 'Soft',
};

/** Devices, their use, and a level meter. `brief` shows only what is useful during a call. */
@customElement('phone-sound')
export class SoundFields extends LightElement {
  @property({ attribute: false }) sound!: SoundControls;
  @property({ attribute: false }) brief = false;
  /** Whether callers may have the phone answered (intercom). */
  @property({ attribute: false }) intercom = false;
  @state() private level = 0;
  @state() private test: SoundTest = 'idle';
  private endings: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings = [
      this.sound.subscribe(() => {
        this.requestUpdate();
      }),
      this.sound.watchLevel((level) => {
        this.level = level;
      }),
    ];
  }

  override disconnectedCallback(): void {
    for (const end of this.endings) {
      end();
    }
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    return html`<div class="sound ${this.brief ? 'is-brief' : ''}">
      ${this.deviceTemplate('microphone')} ${this.levelTemplate()} ${this.deviceTemplate('speaker')}
      ${this.brief ? nothing : this.restTemplate()}
    </div>`;
  }

  private restTemplate(): TemplateResult {
    const { canVibrate } = this.sound.state;
    return html`${this.deviceTemplate('ringer')} ${this.ringtoneTemplate()} ${this.volumeTemplate()}
      <div class="switches">
        ${canVibrate ? this.switchTemplate('vibration', 'Vibrate') : nothing}
        ${this.switchTemplate('echoCancellation', 'Cancel echo')}
        ${this.switchTemplate('noiseSuppression', 'Suppress noise')}
        ${this.switchTemplate('autoGainControl', 'Adjust the level by itself')}
        ${
          this.intercom
            ? this.switchTemplate('intercom', 'Answer intercom calls by itself')
            : nothing
        }
      </div>
      <div class="row">
        <button
          type="button"
          class="button"
          ?disabled=${this.test !== 'idle'}
          @click=${() => {
            this.sound.test((test) => {
              this.test = test;
            });
          }}
        >
          ${iconOf('mic')}<span aria-live="polite">${testWords[this.test]}</span>
        </button>
        <button
          type="button"
          class="button"
          @click=${() => {
            this.sound.tryRinger();
          }}
        >
          ${iconOf('speaker')}Try the ringer
        </button>
      </div>`;
  }

  private deviceTemplate(role: Role): TemplateResult {
    const { devices, preferences, inUse, obstacle } = this.sound.state;
    const chosen = preferences[role];
    const automatic = inUse[role] === null ? 'System default' : `Automatic: ${inUse[role].label}`;
    return html`<div class="field">
      <label class="field-label" for="sound-${role}">${labels[role]}</label>
      <select
        class="field-input"
        id="sound-${role}"
        ?disabled=${obstacle[role] !== ''}
        aria-describedby="sound-${role}-help"
        @change=${(event: Event) => {
          this.sound.choose(role, (event.target as HTMLSelectElement).value || null);
        }}
      >
        <option value="" ?selected=${chosen === null}>
          ${chosen === null ? automatic : 'Automatic'}
        </option>
        ${devices[role].map(
          ({ id, label }) =>
            html`<option value=${id} ?selected=${chosen !== null && inUse[role]?.id === id}>
              ${label}
            </option>`,
        )}
      </select>
      ${
        obstacle[role] === ''
          ? nothing
          : html`<p class="field-help" id="sound-${role}-help">${obstacle[role]}</p>`
      }
    </div>`;
  }

  private levelTemplate(): TemplateResult {
    if (this.sound.state.obstacle.microphone !== '') {
      return html`<button
        type="button"
        class="button"
        @click=${() => void this.sound.allowMicrophone()}
      >
        ${iconOf('mic')}Allow the microphone
      </button>`;
    }
    return html`<div class="level-line">
      <span class="field-help" id="level-name">Level</span>
      <meter
        class="level"
        aria-labelledby="level-name"
        min="0"
        max="1"
        .value=${this.level}
      ></meter>
    </div>`;
  }

  private ringtoneTemplate(): TemplateResult {
    const { ringtone } = this.sound.state.preferences;
    return html`<div class="field">
      <label class="field-label" for="ringtone">Ringtone</label>
      <select
        class="field-input"
        id="ringtone"
        @change=${(event: Event) => {
          this.sound.prefer({ ringtone: (event.target as HTMLSelectElement).value as Ringtone });
          this.sound.tryRinger();
        }}
      >
        ${ringtones.map(
          (one) =>
            html`<option value=${one} ?selected=${one === ringtone}>${ringtoneNames[one]}</option>`,
        )}
      </select>
    </div>`;
  }

  private volumeTemplate(): TemplateResult {
    return html`<div class="field">
      <label class="field-label" for="ring-volume">Ringer volume</label>
      <input
        type="range"
        class="range"
        id="ring-volume"
        min="0"
        max="1"
        step="0.05"
        .value=${String(this.sound.state.preferences.ringVolume)}
        @input=${(event: InputEvent) => {
          this.sound.prefer({ ringVolume: Number((event.target as HTMLInputElement).value) });
        }}
      />
    </div>`;
  }

  private switchTemplate(key: Flag, label: string): TemplateResult {
    return html`<label class="switch">
      <input
        type="checkbox"
        .checked=${this.sound.state.preferences[key]}
        @change=${(event: Event) => {
          const part: Partial<SoundPreferences> = {
            [key]: (event.target as HTMLInputElement).checked,
          };
          this.sound.prefer(part);
        }}
      /><span class="switch-text">${label}</span>
    </label>`;
  }
}
