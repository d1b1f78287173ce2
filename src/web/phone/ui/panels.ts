/* History and contacts: beside the card of a wide page, otherwise in place of the dialler. */
import { html, type TemplateResult } from 'lit';
import type { Presence } from '../model/state';
import type { ContactDraft } from '../account-data/contacts';
import type { Panel } from './nav';
import type { PeopleData } from './people';

/** `opened`: opened by a button, and not a permanent part of a wide page. */
export function panelTemplate(
  panel: Panel,
  opened: boolean,
  people: PeopleData,
  presence: ReadonlyMap<string, Presence>,
): TemplateResult {
  const { history, contacts } = people;
  return panel === 'history'
    ? html`<phone-history
        .calls=${people.calls}
        .missed=${history.missed}
        .opened=${opened}
        .trouble=${people.trouble}
        @seen=${() => {
          history.markSeen();
        }}
        @delete-call=${(event: CustomEvent<number>) => {
          history.remove(event.detail);
        }}
        @delete-calls=${() => {
          history.clear();
        }}
      ></phone-history>`
    : html`<phone-contacts
        .contacts=${contacts.list}
        .directory=${people.directory}
        .presence=${presence}
        .showPresence=${people.showPresence}
        @save-contact=${(event: CustomEvent<ContactDraft>) => {
          contacts.save(event.detail);
        }}
        @search-directory=${(event: CustomEvent<string>) => {
          people.searchDirectory(event.detail);
        }}
        @delete-contact=${(event: CustomEvent<number>) => {
          contacts.remove(event.detail);
        }}
      ></phone-contacts>`;
}
