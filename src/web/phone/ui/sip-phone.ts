import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { onThemeChange } from '../../shared/theme';
import type { Commands } from '../calls/commands';
import type { PhoneState, Registration } from '../calls/state';
import type { ServerErrors, Settings } from '../settings';
import type { Account } from '../sip/edge';
import { canHandleLinks, handleLinks } from '../links';
import type { Ask } from './ask';
import { bar } from './bar';
import type { Drawer } from './call/controls';
import { isPlainKey } from './dial-pad';
import './idle/register-form';
import type { Credentials } from './idle/register-form';
import { LightElement } from './light-element';
import { MediaQuery } from './media-query';
import { nav, type Panel } from './nav';
import { notices, type Notice } from './notices';
import { Observing, type Observable } from './observing';
import { panelTemplate } from './panels';
import { loadCallParts, loadPart, loadViews } from './parts';
import type { People } from './people';
import type { Shortcut } from './shortcuts-dialog';
import type { Sound } from './sound';
import { isRinging } from './words';

export type PhoneModel = Commands & Observable & { readonly state: PhoneState };

/** What the page's owner has decided. */
export interface PhoneOptions {
  readonly adminUrl: string;
  readonly voicemailNumber: string;
  /** Empty if there is no echo service. */
  readonly echoNumber: string;
  /** Whether the administrator takes reports. */
  readonly reports: boolean;
}

/** Somebody registers, and wants that kept on this device or not. */
export interface Registering {
  readonly account: Account;
  readonly keep: boolean;
}

const noOptions: PhoneOptions = {
  adminUrl: '',
  voicemailNumber: '',
  echoNumber: '',
  reports: false,
};

/** Notices that come and go. */
export type AppNotices = Observable & { readonly notices: readonly Notice[] };

type DialogName = 'settings' | 'shortcuts';

/** The whole phone: the bar, and the one view that the state of the phone asks for. Fires
    `registering` when somebody does, and `forget` when this device shall. */
@customElement('sip-phone')
export class SipPhone extends LightElement {
  @property({ attribute: false }) phone: PhoneModel | null = null;
  @property({ attribute: false }) settings: Settings | null = null;
  @property({ attribute: false }) options: PhoneOptions = noOptions;
  /** Of the extension that is registered; null while none is. */
  @property({ attribute: false }) people: People | null = null;
  @property({ attribute: false }) sound: Sound | null = null;
  @property({ attribute: false }) shortcuts: readonly Shortcut[] = [];
  /** Whether what registers can be kept on this device, and whether something is. */
  @property({ attribute: false }) keeping = { can: false, does: false };
  /** What else concerns the whole phone. */
  @property({ attribute: false }) notices: readonly Notice[] = [];
  /** What the app around the phone has to say. */
  @property({ attribute: false }) app: AppNotices | null = null;
  /** Filled in as the number to call. */
  @property({ attribute: false }) prefill = '';
  /** Why the phone cannot start at all. */
  @property({ attribute: false }) fault = '';
  @state() private panel: Panel | null = null;
  @state() private dialog: DialogName | null = null;
  @state() private serverErrors: ServerErrors = {};
  @state() private partFailed = false;
  private readonly wide = new MediaQuery(this, '(min-width: 900px)');
  private endTheme: (() => void) | undefined;
  private wasWanted = false;
  private wasRegistered = false;
  private wasDocked = false;

  constructor() {
    super();
    new Observing(this, () => [this.phone, this.people, this.sound, this.app]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.endTheme = onThemeChange(() => {
      this.requestUpdate();
    });
    window.addEventListener('keydown', this.keyed);
  }

  override disconnectedCallback(): void {
    this.endTheme?.();
    window.removeEventListener('keydown', this.keyed);
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const state = this.phone?.state;
    if (state === undefined) {
      return;
    }
    if (state.lines.some(isRinging)) {
      // An open dialog would bar the way to Answer.
      this.dialog = null;
    }
    if (state.lines.length > 0) {
      this.panel = null;
      this.prefill = '';
    }
    const isWanted = state.registration.state !== 'none';
    if (isWanted && !this.wasWanted) {
      void this.load(loadViews());
    }
    this.wasWanted = isWanted;
    const isRegistered = state.registration.state === 'registered';
    if (isRegistered && (!this.wasRegistered || changed.has('people'))) {
      void this.load(loadCallParts());
    }
    this.wasRegistered = isRegistered;
    // Also when the window becomes wide only now.
    if (this.isDocked && !this.wasDocked) {
      void this.load(loadPart('history'));
      void this.load(loadPart('contacts'));
    }
    this.wasDocked = this.isDocked;
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.fault !== '') {
      return html`<main class="phone card">
        <h1 class="visually-hidden">Softphone</h1>
        <div class="notice notice-error" role="alert"><p>${this.fault}</p></div>
      </main>`;
    }
    const { phone, settings } = this;
    if (phone === null || settings === null) {
      return nothing;
    }
    const { state } = phone;
    return html`<div
        class="desk ${this.isDocked ? 'is-docked' : ''}"
        @ask=${(event: CustomEvent<Ask>) => {
          event.detail(phone);
        }}
      >
        ${this.isDocked ? this.sideTemplate('history', state) : nothing}
        <main class="phone card">
          <h1 class="visually-hidden">Softphone</h1>
          ${bar(state, {
            adminUrl: this.options.adminUrl,
            openSettings: () => {
              this.open('settings');
            },
          })}
          ${notices(this.allNotices())} ${this.viewTemplate(phone, settings)}
        </main>
        ${this.isDocked ? this.sideTemplate('contacts', state) : nothing}
      </div>
      ${this.dialogTemplate(phone, settings)}`;
  }

  private get isDocked(): boolean {
    return this.wide.matches && this.people !== null;
  }

  private sideTemplate(panel: Panel, { presence }: PhoneState): TemplateResult | typeof nothing {
    return this.people === null
      ? nothing
      : html`<div class="card side side-${panel}">
          ${panelTemplate(panel, false, this.people, presence)}
        </div>`;
  }

  private viewTemplate(phone: PhoneModel, settings: Settings): TemplateResult {
    const { state } = phone;
    if (state.lines.length > 0) {
      return this.linesTemplate(state);
    }
    if (state.registration.state === 'registered' || isRenewing(state.registration)) {
      return this.idleTemplate(state);
    }
    return html`<phone-register-form
      .registration=${state.registration}
      .lastExtension=${settings.lastExtension}
      .server=${settings.server}
      .canKeep=${this.keeping.can}
      .kept=${this.keeping.does}
      @credentials=${(event: CustomEvent<Credentials>) => {
        this.register(phone, settings, event.detail);
      }}
      @cancel-register=${() => {
        phone.unregister();
      }}
    ></phone-register-form>`;
  }

  private linesTemplate({ lines, openLine }: PhoneState): TemplateResult {
    const up = lines.filter((line) => !isRinging(line));
    const open = up.find((line) => line.id === openLine) ?? up[0];
    if (open === undefined) {
      const first = lines.find((line) => line.id === openLine) ?? lines[0];
      return html`<phone-incoming-call
        .line=${first}
        .others=${lines.filter((line) => line !== first)}
      ></phone-incoming-call>`;
    }
    return html`<phone-call-view
      .lines=${lines}
      .line=${open}
      .suggest=${this.people?.suggest ?? nobody}
      .sound=${this.sound}
      .reports=${this.options.reports}
      @drawer=${(event: CustomEvent<Drawer>) => {
        if (event.detail !== 'keypad') {
          void this.load(loadPart(event.detail));
        }
      }}
    ></phone-call-view>`;
  }

  private idleTemplate(state: PhoneState): TemplateResult {
    const { people, panel } = this;
    const inPlace = people !== null && panel !== null && !this.isDocked;
    return html`<div class="idle-view">
      ${
        inPlace
          ? panelTemplate(panel, true, people, state.presence)
          : html`<phone-dialler
              .lastEnded=${state.lastEnded}
              .lastDialled=${state.lastDialled}
              .recent=${people?.history.calls ?? []}
              .suggest=${people?.suggest ?? nobody}
              .prefill=${this.prefill}
            ></phone-dialler>`
      }
      ${nav(state, {
        open: inPlace ? panel : null,
        missed: people?.history.missed ?? 0,
        voicemailNumber: this.options.voicemailNumber,
        show: this.showPanel,
      })}
    </div>`;
  }

  private dialogTemplate(phone: PhoneModel, settings: Settings): TemplateResult | typeof nothing {
    const closed = (): void => {
      this.dialog = null;
    };
    switch (this.dialog) {
      case 'settings':
        return html`<phone-settings
          .settings=${settings}
          .errors=${this.serverErrors}
          .sound=${this.sound}
          .echoNumber=${phone.state.registration.state === 'registered' ? this.options.echoNumber : ''}
          .reports=${this.options.reports}
          @closed=${closed}
          .canTakeLinks=${canHandleLinks()}
          @links=${handleLinks}
          @forget=${this.forget}
          @shortcuts=${() => {
            this.open('shortcuts');
          }}
          @ask=${(event: CustomEvent<Ask>) => {
            event.detail(phone);
          }}
        ></phone-settings>`;
      case 'shortcuts':
        return html`<phone-shortcuts
          .shortcuts=${this.shortcuts}
          @closed=${closed}
        ></phone-shortcuts>`;
      case null:
        return nothing;
    }
  }

  private allNotices(): readonly Notice[] {
    const { sound } = this;
    return [
      ...this.notices,
      ...(this.app?.notices ?? []),
      ...(sound?.state.soundBlocked === true
        ? [
            {
              text: 'The browser blocks sound: you would not hear it ring.',
              action: 'Allow sound',
              press: () => {
                sound.unlock();
              },
            },
          ]
        : []),
      ...(sound !== null && sound.state.notice !== ''
        ? [
            {
              text: sound.state.notice,
              action: 'OK',
              press: () => {
                sound.readNotice();
              },
            },
          ]
        : []),
      ...(this.partFailed
        ? [
            {
              text: 'A part of this page could not be loaded.',
              action: 'Reload',
              press: () => {
                window.location.reload();
              },
            },
          ]
        : []),
    ];
  }

  private open(dialog: DialogName, errors: ServerErrors = {}): void {
    this.serverErrors = errors;
    this.dialog = dialog;
    void this.load(loadPart(dialog));
  }

  private async load(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch {
      this.partFailed ||= this.isConnected;
    }
  }

  private readonly showPanel = (panel: Panel): void => {
    void this.load(loadPart(panel));
    if (this.isDocked) {
      // It is in sight already: the button leads the keyboard there.
      this.querySelector<HTMLElement>(`.side-${panel} .panel`)?.focus();
    } else {
      this.panel = this.panel === panel ? null : panel;
    }
  };

  private readonly forget = (): void => {
    this.dialog = null;
    this.dispatchEvent(new CustomEvent('forget'));
  };

  private readonly keyed = (event: KeyboardEvent): void => {
    if (event.key === '?' && isPlainKey(event) && this.shortcuts.length > 0) {
      event.preventDefault();
      this.open('shortcuts');
    }
  };

  private register(phone: PhoneModel, settings: Settings, credentials: Credentials): void {
    const { extension, password, keep } = credentials;
    const { server, domain } = settings;
    const errors = settings.check(server, domain);
    if (errors.server !== undefined || errors.domain !== undefined) {
      // The configured address cannot work on this page: say so where it can be changed.
      this.open('settings', errors);
      return;
    }
    settings.rememberExtension(extension);
    const account = { extension, password, server, domain };
    phone.register(account);
    const detail: Registering = { account, keep };
    this.dispatchEvent(new CustomEvent<Registering>('registering', { detail }));
  }
}

const nobody = (): readonly [] => [];

/** Registered a moment ago and on the way to be so again: the phone stays in sight. */
function isRenewing(registration: Registration): boolean {
  return registration.state === 'registering' && registration.again;
}
