import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { keyed } from 'lit/directives/keyed.js';
import { isRinging, takesTones, type EndedCall, type Line } from '../../model/state';
import { ask } from '../ask';
import { dialPad, isForPhone, typedDigit } from '../dial-pad';
import { endedTemplate } from '../ended-call';
import { focusSoon } from '../focus';
import { iconOf } from '../icon';
import { plainDigits } from '../../model/numbers/characters';
import { asTyped, type Dial } from '../../model/numbers/dialled';
import { LightElement } from '../light-element';
import type { Suggest } from '../people';
import { ClickGuard } from '../click-guard';
import type { SoundControls } from '../sound-controls';
import { Ticker } from '../ticker';
import { WindowInput } from '../window-input';
import { isToBeCalledAgain, lineName } from '../texts';
import './call.css';
import './lines.css';
import { controls, type Drawer } from './controls';
import { head } from './head';
import './second-call';
import { strip } from './strip';
import { troubleOf } from './trouble';

/** The lines of the phone while at least one is up or dialling: the open line in full, above it the
    others. Fires `ask`, and `drawer` with the drawer to show below the controls (its host makes
    sure that it is loaded). */
@customElement('phone-call-view')
export class CallView extends LightElement {
  @property({ attribute: false }) lines: readonly Line[] = [];
  @property({ attribute: false }) line!: Line;
  /** The ended call before; shown here if it was lost. */
  @property({ attribute: false }) lastEnded: EndedCall | null = null;
  @property({ attribute: false }) suggest: Suggest = () => [];
  @property({ attribute: false }) dialled: Dial = asTyped;
  @property({ attribute: false }) now: () => number = Date.now;
  @property({ attribute: false }) sound: SoundControls | null = null;
  /** Whether the administrator accepts reports. */
  @property({ attribute: false }) reports = false;
  @state() private drawer: Drawer = 'keypad';
  /** Whether a tone was typed that could not be sent. */
  @state() private isToneRefused = false;
  private readonly clickGuard = new ClickGuard(this);
  private transfers = false;

  constructor() {
    super();
    new Ticker(this);
    new WindowInput(this, this);
  }

  /** Shows another drawer below the controls. */
  show(drawer: Drawer): void {
    this.drawer = drawer;
    this.dispatchEvent(new CustomEvent<Drawer>('drawer', { detail: drawer, bubbles: true }));
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = changed.get('line');
    const transfers = isTransferring(this.line, this.lines);
    const isOtherLine = before !== undefined && before.id !== this.line.id;
    this.isToneRefused &&= !isOtherLine && !takesTones(this.line);
    if (transfers !== this.transfers || isOtherLine) {
      this.show(transfers ? 'transfer' : 'keypad');
    }
    this.transfers = transfers;
  }

  protected override firstUpdated(): void {
    // The element that had the focus is gone; from here on Tab leads to the controls, and keys send
    // digits.
    focusSoon(this.querySelector<HTMLElement>('.view'));
  }

  protected override render(): TemplateResult {
    const { line, drawer } = this;
    return html`<section class="view call" tabindex="-1" aria-label="Call with ${lineName(line)}">
      ${this.topTemplate()}
      ${controls(line, {
        drawer,
        hasSound: this.sound !== null,
        canMerge: this.lines.filter((one) => one.state === 'active').length > 1,
        show: (wanted) => {
          this.show(wanted === drawer ? 'keypad' : wanted);
        },
      })}
      <div class="drawer">${this.drawerTemplate()}</div>
      <button
        type="button"
        class="button button-danger action ${this.clickGuard.buttonClass}"
        aria-keyshortcuts="E"
        ?disabled=${!this.clickGuard.isReady}
        @click=${() => {
          ask(this, (phone) => {
            phone.hangUp(line.id);
          });
        }}
      >
        ${iconOf('phoneOff')}Hang up
      </button>
    </section>`;
  }

  private topTemplate(): TemplateResult {
    const ringing = this.lines.filter((one) => one.id !== this.line.id && isRinging(one));
    const others = this.lines.filter((one) => one.id !== this.line.id && !isRinging(one));
    const trouble = troubleOf(this.line);
    const lost = this.lostTemplate();
    const now = this.now();
    const [first] = ringing;
    const noticeCount = [trouble, lost].filter((one) => one !== nothing).length;
    const crowd = others.length + ringing.length + noticeCount;
    const size = crowd === 0 ? 'full' : crowd === 1 && first === undefined ? 'compact' : 'inline';
    return html`<div class="call-top ${first !== undefined && crowd > 1 ? 'is-crowded' : ''}">
      ${head(this.line, {
        now,
        size,
        isToneRefused: this.isToneRefused,
        qualityOpen: this.drawer === 'quality',
        showQuality: () => {
          this.show(this.drawer === 'quality' ? 'keypad' : 'quality');
        },
      })}
      ${others.length > 0 ? strip(others, now) : nothing} ${trouble} ${lost}
      ${
        first === undefined
          ? nothing
          : keyed(
              first.id,
              html`<phone-second-call
                .line=${first}
                .more=${ringing.length - 1}
              ></phone-second-call>`,
            )
      }
    </div>`;
  }

  private lostTemplate(): TemplateResult | typeof nothing {
    const { lastEnded } = this;
    if (lastEnded === null || !isToBeCalledAgain(lastEnded)) {
      return nothing;
    }
    const again = (number: string): void => {
      ask(this, (phone) => {
        phone.call(number);
      });
    };
    return endedTemplate(lastEnded, again, true) ?? nothing;
  }

  private drawerTemplate(): TemplateResult | typeof nothing {
    const { line, lines, suggest, dialled, sound } = this;
    switch (this.drawer) {
      case 'keypad':
        return dialPad(takesTones(line), this.press);
      case 'transfer':
        return html`<phone-transfer
          .line=${line}
          .lines=${lines}
          .suggest=${suggest}
          .dialled=${dialled}
        ></phone-transfer>`;
      case 'add':
        return html`<phone-add-call .suggest=${suggest} .dialled=${dialled}></phone-add-call>`;
      case 'quality':
        return html`<phone-quality .line=${line} .reports=${this.reports}></phone-quality>`;
      case 'sound':
        return html`<phone-sound .sound=${sound} .brief=${true}></phone-sound>`;
    }
  }

  private readonly press = (digits: string): void => {
    const { line } = this;
    this.isToneRefused = !takesTones(line);
    ask(this, (phone) => {
      phone.sendDigits(line.id, plainDigits(digits));
    });
  };

  keyed(event: KeyboardEvent): void {
    const digit = typedDigit(event);
    if (digit !== null && !event.repeat) {
      event.preventDefault();
      this.press(digit);
    }
  }

  pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text') ?? '';
    if (isForPhone(event) && text !== '') {
      event.preventDefault();
      this.press(text);
    }
  }
}

/** Whether this line is being transferred, or is the consultation before a transfer. */
function isTransferring(line: Line, lines: readonly Line[]): boolean {
  return (
    line.transfer !== null ||
    line.consults !== null ||
    lines.some((one) => one.consults === line.id)
  );
}
