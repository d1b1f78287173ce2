import {
  html,
  nothing,
  type ReactiveController,
  type ReactiveControllerHost,
  type TemplateResult,
} from 'lit';
import { live } from 'lit/directives/live.js';
import type { IconName } from '../../shared/icons';
import type { Suggestion } from '../account-data/suggestions';
import { iconOf } from './icon';
import './combobox.css';
import { dialledText } from './texts';
import type { Suggest } from './people';
import type { Dial } from '../model/numbers/dialled';

interface Options {
  readonly id: string;
  readonly label: string;
  readonly suggest: () => Suggest;
  /** What is dialled for a text: shown below the field where it is not the text as it stands. */
  readonly dialled: () => Dial;
  /** Called after every change of the value. */
  readonly changed?: () => void;
}

const sources: Readonly<Record<Suggestion['source'], readonly [IconName, string]>> = {
  history: ['history', 'History'],
  contact: ['contacts', 'Contact'],
  directory: ['user', 'Extension'],
};

/** A field for a number with a list of suggestions: the combobox pattern of the ARIA Authoring
    Practices. The host places the list, so that it covers nothing. */
export class Combobox implements ReactiveController {
  readonly #host: ReactiveControllerHost & HTMLElement;
  readonly #options: Options;
  #value = '';
  #chosen = false;
  #active = -1;

  constructor(host: ReactiveControllerHost & HTMLElement, options: Options) {
    this.#host = host;
    this.#options = options;
    host.addController(this);
  }

  hostUpdated(): void {
    this.#list()?.children[this.#active]?.scrollIntoView({ block: 'nearest' });
  }

  get value(): string {
    return this.#value;
  }

  set value(value: string) {
    this.#set(value, false);
  }

  /** Whether there is a number that can be dialled. */
  get canDial(): boolean {
    const { target, problem } = this.#options.dialled()(this.#value);
    return target !== '' && problem === '';
  }

  get field(): HTMLInputElement | null {
    return this.#host.querySelector<HTMLInputElement>(`#${this.#options.id}`);
  }

  fieldTemplate(): TemplateResult {
    const { id, label } = this.#options;
    const open = this.#matches().length > 0;
    return html`<div class="field">
      <label class="field-label" for=${id}>${label}</label>
      <div class="number-field">
        <input
          class="field-input number"
          id=${id}
          type="tel"
          role="combobox"
          aria-autocomplete="list"
          aria-expanded=${open}
          aria-controls="${id}-list"
          aria-describedby="${id}-dialled"
          aria-activedescendant=${this.#active < 0 ? nothing : `${id}-${this.#active}`}
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          .value=${live(this.#value)}
          @input=${(event: InputEvent) => {
            this.value = (event.target as HTMLInputElement).value;
          }}
          @keydown=${this.#keyed}
          @paste=${this.#pasted}
        />
        ${this.#dialledTemplate()}
      </div>
    </div>`;
  }

  /** Always there, so that a screen reader says what comes into it. */
  #dialledTemplate(): TemplateResult {
    const { id, dialled } = this.#options;
    const found = dialled()(this.#value);
    return html`<p
      class="dialled ${found.problem === '' ? 'field-help' : 'field-error'}"
      id="${id}-dialled"
      aria-live="polite"
    >
      <bdi>${found.problem || dialledText(this.#value, found) || nothing}</bdi>
    </p>`;
  }

  /** The list of suggestions; empty without suggestions. */
  listTemplate(): TemplateResult {
    const { id } = this.#options;
    return html`<ul class="rows" role="listbox" id="${id}-list" aria-label="Suggestions">
      ${this.#matches().map((match, index) => this.#optionTemplate(match, index))}
    </ul>`;
  }

  #optionTemplate(match: Suggestion, index: number): TemplateResult {
    const [icon, source] = sources[match.source];
    return html`<li
      class="line-row row-option ${index === this.#active ? 'is-active' : ''}"
      role="option"
      id="${this.#options.id}-${index}"
      aria-selected=${index === this.#active}
      @click=${() => {
        this.#choose(match);
      }}
    >
      <span class="row-icon" title=${source}>${iconOf(icon)}</span>
      <span class="row-main"
        ><bdi class="row-name">${match.name === '' ? match.number : match.name}</bdi>
        <span class="row-detail">${match.name === '' ? source : match.number}</span></span
      >
    </li>`;
  }

  #matches(): readonly Suggestion[] {
    return this.#chosen || this.#value.trim() === '' ? [] : this.#options.suggest()(this.#value);
  }

  #choose({ number }: Suggestion): void {
    this.#set(number, true);
    this.field?.focus();
  }

  #set(value: string, chosen: boolean): void {
    this.#value = inOneLine(value);
    this.#chosen = chosen;
    this.#active = -1;
    this.#options.changed?.();
    this.#host.requestUpdate();
  }

  #list(): Element | null {
    return this.#host.querySelector(`#${this.#options.id}-list`);
  }

  /** A field of one line would join the last digit of a line to the first one of the next. */
  readonly #pasted = (event: ClipboardEvent): void => {
    const text = event.clipboardData?.getData('text').trim() ?? '';
    const field = event.target as HTMLInputElement;
    if (inOneLine(text) !== text) {
      event.preventDefault();
      field.setRangeText(
        inOneLine(text),
        field.selectionStart ?? 0,
        field.selectionEnd ?? 0,
        'end',
      );
      this.value = field.value;
    }
  };

  readonly #keyed = (event: KeyboardEvent): void => {
    const matches = this.#matches();
    const match = matches[this.#active];
    const last = matches.length - 1;
    if (event.key === 'ArrowDown' && last >= 0) {
      this.#active = this.#active < last ? this.#active + 1 : 0;
    } else if (event.key === 'ArrowUp' && last >= 0) {
      this.#active = this.#active > 0 ? this.#active - 1 : last;
    } else if (event.key === 'Enter' && match !== undefined) {
      this.#choose(match);
    } else if (event.key === 'Escape' && last >= 0) {
      this.#chosen = true;
      this.#active = -1;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    this.#host.requestUpdate();
  };
}

function inOneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' | ');
}
