import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { onThemeChange } from '../../shared/theme';
import type { Commands } from '../model/commands';
import { isRinging, type PhoneState, type Registration } from '../model/state';
import { initial } from '../lines/store';
import type { ServerErrors, Settings } from '../model/settings';
import type { Account } from '../model/account';
import type { Notice } from '../model/notice';
import type { PhoneRequest } from './ask';
import { settledQuickly } from './first-render';
import { bar } from './bar';
import type { Drawer } from './call/controls';
import { isPlainKey } from './dial-pad';
import './idle/register-form';
import type { Credentials } from './idle/register-form';
import { asTyped } from '../model/numbers/dialled';
import { LightElement } from './light-element';
import { MediaQuery } from './media-query';
import { nav, type Panel } from './nav';
import { notices, noticesOf } from './notices';
import { ObserveController, type Observable } from './observing';
import { panelTemplate } from './panels';
import { loadCallParts, loadPart, loadViews } from './lazy-parts';
import type { PeopleData } from './people';
import type { SoundControls } from './sound-controls';

export type PhoneModel = Commands & Observable & { readonly state: PhoneState };

/** The configuration by the owner of the page. */
export interface PhoneOptions {
  readonly adminUrl: string;
  readonly voicemailNumber: string;
  /** Empty if there is no echo service. */
  readonly echoNumber: string;
  /** Whether the administrator accepts reports. */
  readonly reports: boolean;
  /** Whether callers may have the phone answered without ringing (intercom). */
  readonly autoAnswer: boolean;
}

/** A registration of the person, and whether to keep it on this device. */
export interface Registering {
  readonly account: Account;
  readonly keep: boolean;
}

const noOptions: PhoneOptions = {
  adminUrl: '',
  voicemailNumber: '',
  echoNumber: '',
  reports: false,
  autoAnswer: false,
};

/** Notices that can be dismissed. */
export type AppNotices = Observable & { readonly notices: readonly Notice[] };

type DialogName = 'settings' | 'shortcuts';

/** The whole phone: the bar, and the view for the state of the phone. Fires `registering` when a
    person registers, and `forget` to forget this device. */
@customElement('sip-phone')
export class SipPhone extends LightElement {
  /** Null until it is loaded; an earlier registration waits for it. */
  @property({ attribute: false }) phone: PhoneModel | null = null;
  @property({ attribute: false }) settings: Settings | null = null;
  @property({ attribute: false }) options: PhoneOptions = noOptions;
  /** People of the registered extension; null while none is registered. */
  @property({ attribute: false }) people: PeopleData | null = null;
  @property({ attribute: false }) sound: SoundControls | null = null;
  /** Whether this device can keep the registration, and whether it keeps one. */
  @property({ attribute: false }) keptRegistration = { isPossible: false, exists: false };
  /** Further sources of notices about the whole phone. */
  @property({ attribute: false }) notices: readonly Notice[] = [];
  /** Notices of the app. */
  @property({ attribute: false }) app: AppNotices | null = null;
  /** A link whose number is to be put into the field. */
  @property({ attribute: false }) prefill = '';
  /** Why the phone cannot start at all. */
  @property({ attribute: false }) fault = '';
  @state() private panel: Panel | null = null;
  @state() private dialog: DialogName | null = null;
  @state() private serverErrors: ServerErrors = {};
  @state() partFailed = false;
  private readonly wide = new MediaQuery(this, '(min-width: 900px)');
  private endTheme: (() => void) | undefined;
  /** The registration that was submitted before the phone was loaded. */
  private earlyCredentials: Credentials | null = null;
  /** Rendering waits for the last requested action. */
  private rendering: Promise<void> = Promise.resolve();
  private wasWanted = false;
  private wasRegistered = false;
  private wasDocked = false;

  constructor() {
    super();
    new ObserveController(this, () => [this.phone, this.people, this.sound, this.app]);
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.endTheme = onThemeChange(() => {
      this.requestUpdate();
    });
    window.addEventListener('keydown', this.onKeyDown);
  }

  override disconnectedCallback(): void {
    this.endTheme?.();
    window.removeEventListener('keydown', this.onKeyDown);
    super.disconnectedCallback();
  }

  protected override async scheduleUpdate(): Promise<void> {
    await this.rendering;
    await super.scheduleUpdate();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { state } = this;
    if (state.lines.some(isRinging)) {
      // An open dialog would cover the Answer button.
      this.dialog = null;
    }
    if (state.lines.length > 0) {
      this.panel = null;
      this.prefill = '';
    }
    const isWanted = state.registration.state !== 'none';
    if (isWanted && !this.wasWanted) {
      void this.expect(loadViews());
    }
    this.wasWanted = isWanted;
    const isRegistered = state.registration.state === 'registered';
    if (isRegistered && (!this.wasRegistered || changed.has('people'))) {
      void this.expect(loadCallParts());
    }
    this.wasRegistered = isRegistered;
    // Also when the window becomes wide later.
    if (this.isDocked && !this.wasDocked) {
      void this.expect(loadPart('history'));
      void this.expect(loadPart('contacts'));
    }
    this.wasDocked = this.isDocked;
  }

  protected override updated(): void {
    if (this.phone !== null && this.earlyCredentials !== null) {
      const credentials = this.earlyCredentials;
      this.earlyCredentials = null;
      this.register(credentials);
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.fault !== '') {
      return html`<main class="phone card">
        <h1 class="visually-hidden">Softphone</h1>
        <div class="notice notice-error" role="alert"><p>${this.fault}</p></div>
      </main>`;
    }
    const { state, settings } = this;
    if (settings === null) {
      return nothing;
    }
    return html`<div class="desk ${this.isDocked ? 'is-docked' : ''}" @ask=${this.ask}>
        ${this.isDocked ? this.sideTemplate('history', state) : nothing}
        <main class="phone card">
          <h1 class="visually-hidden">Softphone</h1>
          ${bar(state, {
            adminUrl: this.options.adminUrl,
            openSettings: () => {
              this.open('settings');
            },
          })}
          ${notices(noticesOf(this))} ${this.viewTemplate(settings)}
        </main>
        ${this.isDocked ? this.sideTemplate('contacts', state) : nothing}
      </div>
      ${this.dialogTemplate(settings)}`;
  }

  private get state(): PhoneState {
    return this.phone?.state ?? initial;
  }

  private readonly ask = (event: CustomEvent<PhoneRequest>): void => {
    if (this.phone !== null) {
      event.detail(this.phone);
      this.rendering = settledQuickly(this.phone);
    }
  };

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

  private viewTemplate(settings: Settings): TemplateResult {
    const { state } = this;
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
      .canKeep=${this.keptRegistration.isPossible}
      .kept=${this.keptRegistration.exists}
      @input=${this.prepare}
      @credentials=${(event: CustomEvent<Credentials>) => {
        this.register(event.detail);
      }}
      @cancel-register=${() => {
        this.phone?.unregister();
      }}
    ></phone-register-form>`;
  }

  private linesTemplate({ lines, openLine, lastEnded }: PhoneState): TemplateResult {
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
      .lastEnded=${lastEnded}
      .suggest=${this.people?.suggest ?? noSuggestions}
      .dialled=${this.people?.dialled ?? asTyped}
      .sound=${this.sound}
      .reports=${this.options.reports}
      @drawer=${(event: CustomEvent<Drawer>) => {
        if (event.detail !== 'keypad') {
          void this.expect(loadPart(event.detail));
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
              .recent=${people?.calls ?? []}
              .suggest=${people?.suggest ?? noSuggestions}
              .dialled=${people?.dialled ?? asTyped}
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

  private dialogTemplate(settings: Settings): TemplateResult | typeof nothing {
    const closed = (): void => {
      this.dialog = null;
    };
    switch (this.dialog) {
      case 'settings':
        return html`<phone-settings
          .settings=${settings}
          .errors=${this.serverErrors}
          .sound=${this.sound}
          .echoNumber=${this.state.registration.state === 'registered' ? this.options.echoNumber : ''}
          .reports=${this.options.reports}
          .intercom=${this.options.autoAnswer}
          @closed=${closed}
          @forget=${this.forget}
          @shortcuts=${() => {
            this.open('shortcuts');
          }}
          @ask=${this.ask}
        ></phone-settings>`;
      case 'shortcuts':
        return html`<phone-shortcuts @closed=${closed}></phone-shortcuts>`;
      case null:
        return nothing;
    }
  }

  private open(dialog: DialogName, errors: ServerErrors = {}): void {
    this.serverErrors = errors;
    this.dialog = dialog;
    void this.expect(loadPart(dialog));
  }

  /** Shows a notice if a component of the page cannot be loaded. */
  async expect(part: Promise<void>): Promise<void> {
    try {
      await part;
    } catch {
      this.partFailed ||= this.isConnected;
    }
  }

  /** A person types, and is about to register. */
  private readonly prepare = {
    handleEvent: (): void => {
      void this.expect(loadViews());
    },
    once: true,
  };

  private readonly showPanel = (panel: Panel): void => {
    void this.expect(loadPart(panel));
    if (this.isDocked) {
      // The panel is already visible: the button moves the keyboard focus there.
      this.querySelector<HTMLElement>(`.side-${panel} .panel`)?.focus();
    } else {
      this.panel = this.panel === panel ? null : panel;
    }
  };

  private readonly forget = (): void => {
    this.dialog = null;
    this.dispatchEvent(new CustomEvent('forget'));
  };

  private readonly onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === '?' && isPlainKey(event)) {
      event.preventDefault();
      this.open('shortcuts');
    }
  };

  private register(credentials: Credentials): void {
    const { phone, settings } = this;
    if (phone === null || settings === null) {
      this.earlyCredentials = credentials;
      return;
    }
    if (phone.state.registration.state === 'registering') {
      // A second click, before the first has an effect on the page.
      return;
    }
    const { extension: typed, password, keep } = credentials;
    const { server } = settings;
    const named = settings.accountOf(typed);
    const errors = settings.check(server, named.domain);
    if (errors.server !== undefined || errors.domain !== undefined) {
      // The configured address cannot work on this page: show that where it can be changed.
      this.open('settings', errors);
      return;
    }
    settings.rememberExtension(typed);
    const account = { ...named, password, server };
    phone.register(account);
    this.rendering = settledQuickly(phone);
    const detail: Registering = { account, keep };
    this.dispatchEvent(new CustomEvent<Registering>('registering', { detail }));
  }
}

const noSuggestions = (): readonly [] => [];

/** Registered a moment ago and being registered again: the phone stays visible. */
function isRenewing(registration: Registration): boolean {
  return registration.state === 'registering' && registration.again;
}
