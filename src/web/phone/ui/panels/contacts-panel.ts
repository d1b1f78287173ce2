import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { cleanedNumber } from '../../model/numbers/dial-plan';
import type { Presence } from '../../model/state';
import type { DirectoryEntry } from '../../account-data/directory';
import {
  contactErrors,
  type Contact,
  type ContactDraft,
  type ContactErrors,
} from '../../account-data/contacts';
import { ask } from '../ask';
import { iconOf } from '../icon';
import { LightElement } from '../light-element';
import { presenceLooks, presenceWords } from '../texts';
import { contactForm } from './contact-form';
import './panels.css';

const EMPTY: ContactDraft = { id: null, name: '', number: '', favourite: false };

/** The person's contacts and the extensions of the server. Fires `ask`, `save-contact` (with
    the draft) and `delete-contact` (with the id). */
@customElement('phone-contacts')
export class ContactsPanel extends LightElement {
  /** In display order. */
  @property({ attribute: false }) contacts: readonly Contact[] = [];
  @property({ attribute: false }) directory: readonly DirectoryEntry[] = [];
  @property({ attribute: false }) presence: ReadonlyMap<string, Presence> = new Map();
  /** Called while this is shown; returns the function that ends it. */
  @property({ attribute: false }) showPresence: () => () => void = () => () => undefined;
  @state() private search = '';
  @state() private draft: ContactDraft | null = null;
  @state() private errors: ContactErrors = {};

  #hidePresence: () => void = () => undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    // Before the first update properties are missing, if this part was loaded late.
    if (this.hasUpdated) {
      this.#hidePresence = this.showPresence();
    }
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#hidePresence();
    this.#hidePresence = () => undefined;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('showPresence') && this.isConnected) {
      this.#hidePresence();
      this.#hidePresence = this.showPresence();
    }
  }

  protected override render(): TemplateResult {
    return html`<section class="panel" tabindex="-1" aria-labelledby="contacts-title">
      <div class="panel-head">
        <h2 id="contacts-title">Contacts</h2>
        ${
          this.draft === null
            ? html`<button
                type="button"
                class="button button-quiet panel-tool"
                @click=${() => {
                  this.edit(EMPTY);
                }}
              >
                ${iconOf('plus')}Add contact
              </button>`
            : nothing
        }
      </div>
      ${this.draft === null ? this.listsTemplate() : this.formTemplate(this.draft)}
    </section>`;
  }

  private formTemplate(draft: ContactDraft): TemplateResult {
    return contactForm(draft, {
      errors: this.errors,
      change: (next) => {
        this.draft = next;
      },
      cancel: () => {
        this.edit(null);
      },
      save: (next) => {
        this.errors = contactErrors(next);
        if (Object.keys(this.errors).length === 0) {
          this.edit(null);
          this.save(next);
        }
      },
      remove: (id) => {
        this.edit(null);
        this.dispatchEvent(new CustomEvent<number>('delete-contact', { detail: id }));
      },
    });
  }

  private listsTemplate(): TemplateResult {
    const own = this.contacts.filter((one) => this.isWanted(one.name, one.number));
    const others = this.directory.filter((one) => this.isWanted(one.name, one.extension));
    const empty = this.contacts.length + this.directory.length === 0;
    return html`${empty ? nothing : this.searchTemplate()}
      <div class="panel-rows">
        ${
          own.length + others.length === 0
            ? html`<p class="panel-empty muted">
                ${empty ? 'No contacts yet. Add the people you call often.' : 'Nobody matches.'}
              </p>`
            : nothing
        }
        ${
          own.length > 0
            ? html`<ul class="rows" aria-label="Own contacts">
                ${repeat(
                  own,
                  (one) => one.id,
                  (one) => this.contactTemplate(one),
                )}
              </ul>`
            : nothing
        }
        ${
          others.length > 0
            ? html`<h3 class="rows-title" id="directory-title">Extensions</h3>
                <ul class="rows" aria-labelledby="directory-title">
                  ${repeat(
                    others,
                    (one) => one.extension,
                    (one) => html`<li>${this.rowTemplate(one.name, one.extension)}</li>`,
                  )}
                </ul>`
            : nothing
        }
      </div>`;
  }

  private searchTemplate(): TemplateResult {
    return html`<input
      class="field-input"
      type="search"
      aria-label="Search contacts"
      placeholder="Search"
      .value=${this.search}
      @input=${(event: InputEvent) => {
        this.search = (event.target as HTMLInputElement).value;
        this.dispatchEvent(new CustomEvent<string>('search-directory', { detail: this.search }));
      }}
    />`;
  }

  private contactTemplate(contact: Contact): TemplateResult {
    const { name, favourite } = contact;
    return html`<li class="row-pair">
      ${this.rowTemplate(name, contact.number)}
      <button
        type="button"
        class="button button-quiet button-icon row-tool ${favourite ? 'is-favourite' : ''}"
        title="Favourite"
        aria-label="Favourite: ${name}"
        aria-pressed=${favourite}
        @click=${() => {
          this.save({ ...contact, favourite: !favourite });
        }}
      >
        ${iconOf('star')}
      </button>
      <button
        type="button"
        class="button button-quiet button-icon row-tool"
        title="Edit"
        aria-label="Edit ${name}"
        @click=${() => {
          this.edit(contact);
        }}
      >
        ${iconOf('pencil')}
      </button>
    </li>`;
  }

  private rowTemplate(name: string, number: string): TemplateResult {
    const presence = this.presence.get(cleanedNumber(number));
    return html`<button
      type="button"
      class="line-row"
      @click=${() => {
        ask(this, (phone) => {
          phone.call(number);
        });
      }}
    >
      <span class="row-main"
        ><span class="row-name"
          ><span class="visually-hidden">Call </span><bdi>${name || number}</bdi></span
        >
        <span class="row-detail">${name === '' ? '' : number}</span></span
      >
      ${
        presence === undefined
          ? nothing
          : html`<span class="row-end state ${presenceLooks[presence]}"
              >${presenceWords[presence]}</span
            >`
      }
    </button>`;
  }

  private isWanted(name: string, number: string): boolean {
    const wanted = this.search.trim().toLowerCase();
    return name.toLowerCase().includes(wanted) || number.toLowerCase().includes(wanted);
  }

  private edit(draft: ContactDraft | null): void {
    this.draft = draft;
    this.errors = {};
  }

  private save(draft: ContactDraft): void {
    this.dispatchEvent(new CustomEvent<ContactDraft>('save-contact', { detail: draft }));
  }
}
