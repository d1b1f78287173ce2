import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { EndedCall } from '../../model/state';
import { ask } from '../ask';
import { Combobox } from '../combobox';
import { dialPad, isForPhone, isPlainKey, typedDigit } from '../dial-pad';
import { endedTemplate } from '../ended-call';
import { focusSoon } from '../focus';
import { iconOf } from '../icon';
import { linkedNumber } from '../../model/numbers/link';
import { asTyped, type Dial } from '../../model/numbers/dialled';
import { LightElement } from '../light-element';
import type { Suggest } from '../people';
import { LongPress } from '../long-press';
import type { PastCall } from '../../account-data/history';
import { ClickGuard } from '../click-guard';
import { WindowInput } from '../window-input';
import { recentCalls } from './recent-calls';

/** The idle phone: the number field with suggestions, the dial pad, the Call button, and the recent
    calls. Fires `ask`. */
@customElement('phone-dialler')
export class Dialler extends LightElement {
  @property({ attribute: false }) lastEnded: EndedCall | null = null;
  @property({ attribute: false }) lastDialled = '';
  @property({ attribute: false }) recent: readonly PastCall[] = [];
  @property({ attribute: false }) suggest: Suggest = () => [];
  @property({ attribute: false }) dialled: Dial = asTyped;
  /** A link, whose number is put into the field; the person decides whether to call it. */
  @property({ attribute: false }) prefill = '';
  private readonly clickGuard = new ClickGuard(this);
  private readonly number = new Combobox(this, {
    id: 'number',
    label: 'Number to call',
    suggest: () => this.suggest,
    dialled: () => this.dialled,
    changed: () => {
      this.dismissNotice();
    },
  });
  private readonly backspace = new LongPress(
    () => {
      this.number.value = this.number.value.slice(0, -1);
    },
    () => {
      this.number.value = '';
    },
  );

  constructor() {
    super();
    new WindowInput(this, this);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const linked = changed.has('prefill') ? linkedNumber(this.prefill) : '';
    if (linked !== '') {
      this.number.value = linked;
    }
  }

  protected override firstUpdated(): void {
    // On a touch screen a focused field would bring up the keyboard over the pad.
    if (window.matchMedia('(pointer: fine)').matches) {
      focusSoon(this.number.field);
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    const { field } = this.number;
    if (field !== null && !changed.has('lastEnded')) {
      // A long number shows its end, where the next digit goes.
      field.scrollLeft = field.scrollWidth;
    }
  }

  protected override render(): TemplateResult {
    return html`<form class="view idle" novalidate @submit=${this.submit}>
      ${this.number.fieldTemplate()} ${dialPad(true, this.add)}
      <div class="actions">
        <span></span>
        <button
          class="button button-go action ${this.clickGuard.buttonClass}"
          ?disabled=${!this.clickGuard.isReady}
        >
          ${iconOf('phone')}Call
        </button>
        ${this.backspaceTemplate()}
      </div>
      <div class="below">${this.belowTemplate()}</div>
    </form>`;
  }

  private backspaceTemplate(): TemplateResult {
    return html`<button
      type="button"
      class="button button-quiet action action-side"
      title="Backspace: hold to clear"
      @pointerdown=${this.backspace.down}
      @pointermove=${this.backspace.move}
      @lostpointercapture=${this.backspace.end}
      @contextmenu=${(event: Event) => {
        event.preventDefault();
      }}
      @click=${this.backspace.click}
    >
      ${iconOf('deleteKey')}<span class="visually-hidden">Backspace</span>
    </button>`;
  }

  /** The suggestions, the notice about the ended call, or the recent calls. */
  private belowTemplate(): TemplateResult {
    return html`${
      this.number.value === '' ? (this.endedCallTemplate() ?? this.recentCallsTemplate()) : nothing
    }${this.number.listTemplate()}`;
  }

  private recentCallsTemplate(): TemplateResult | typeof nothing {
    return recentCalls(this.recent, (number) => {
      if (this.clickGuard.isReady) {
        this.call(number);
      }
    });
  }

  private endedCallTemplate(): TemplateResult | null {
    return endedTemplate(this.lastEnded, (number) => {
      this.call(number);
    });
  }

  private dismissNotice(): void {
    if (this.lastEnded !== null) {
      ask(this, (phone) => {
        phone.dismiss();
      });
    }
  }

  private call(number: string): void {
    ask(this, (phone) => {
      phone.call(number);
    });
  }

  private readonly add = (digits: string): void => {
    this.number.value += digits;
  };

  keyed(event: KeyboardEvent): void {
    const digit = typedDigit(event);
    if (digit !== null) {
      this.add(digit);
    } else if (event.key === 'Backspace' && isPlainKey(event)) {
      this.number.value = this.number.value.slice(0, -1);
    } else {
      return;
    }
    event.preventDefault();
  }

  pasted(event: ClipboardEvent): void {
    const text = event.clipboardData?.getData('text').trim() ?? '';
    if (isForPhone(event) && text !== '') {
      event.preventDefault();
      this.add(text);
    }
  }

  private readonly submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const number = this.number.value.trim();
    if (number === '') {
      // Redial as on a desk phone: the first press shows the last number, the second calls it.
      this.number.value = this.lastDialled;
    } else if (this.clickGuard.isReady && this.number.canDial) {
      this.call(number);
    }
  };
}
