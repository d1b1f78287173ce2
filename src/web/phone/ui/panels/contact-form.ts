/* The form for name and number of a contact. */
import { html, nothing, type TemplateResult } from 'lit';
import type { ContactDraft, ContactErrors } from '../../account-data/contacts';
import { iconOf } from '../icon';

interface FormOptions {
  readonly errors: ContactErrors;
  readonly change: (draft: ContactDraft) => void;
  readonly cancel: () => void;
  readonly save: (draft: ContactDraft) => void;
  readonly remove: (id: number) => void;
}

export function contactForm(draft: ContactDraft, options: FormOptions): TemplateResult {
  const { id } = draft;
  return html`<form
    class="stack contact-form"
    novalidate
    @submit=${(event: SubmitEvent) => {
      event.preventDefault();
      options.save(draft);
    }}
  >
    ${field('contact-name', 'Name', draft.name, options.errors.name, (name) => {
      options.change({ ...draft, name });
    })}
    ${field('contact-number', 'Number', draft.number, options.errors.number, (number) => {
      options.change({ ...draft, number });
    })}
    <div class="row">
      <button class="button button-primary">Save contact</button>
      <button type="button" class="button" @click=${options.cancel}>Cancel</button>
      ${
        id === null
          ? nothing
          : html`<button
              type="button"
              class="button button-quiet button-delete"
              @click=${() => {
                options.remove(id);
              }}
            >
              ${iconOf('trash')}Delete contact
            </button>`
      }
    </div>
  </form>`;
}

function field(
  id: string,
  label: string,
  value: string,
  error: string | undefined,
  change: (value: string) => void,
): TemplateResult {
  return html`<div class="field">
    <label class="field-label" for=${id}>${label}</label>
    <input
      class="field-input"
      id=${id}
      autocomplete="off"
      aria-invalid=${error === undefined ? 'false' : 'true'}
      aria-describedby="${id}-error"
      .value=${value}
      @input=${(event: InputEvent) => {
        change((event.target as HTMLInputElement).value);
      }}
    />
    <p class="field-error" id="${id}-error">${error ?? nothing}</p>
  </div>`;
}
