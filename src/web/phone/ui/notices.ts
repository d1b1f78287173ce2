/* Notices about the whole phone, below the bar, each with an action if there is one. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Notice } from '../model/notice';
import type { SoundControls } from './sound-controls';

/** A source of notices. */
export interface NoticeSources {
  readonly notices: readonly Notice[];
  readonly app: { readonly notices: readonly Notice[] } | null;
  readonly sound: SoundControls | null;
  readonly partFailed: boolean;
}

export function noticesOf({ notices, app, sound, partFailed }: NoticeSources): readonly Notice[] {
  return [
    ...notices,
    ...(app?.notices ?? []),
    ...(sound === null ? [] : soundNotices(sound)),
    ...(partFailed ? [PART_FAILED] : []),
  ];
}

const PART_FAILED: Notice = {
  text: 'A part of this page could not be loaded.',
  action: 'Reload',
  press: () => {
    window.location.reload();
  },
};

function* soundNotices(sound: SoundControls): Generator<Notice> {
  const { soundBlocked, notice } = sound.state;
  if (soundBlocked) {
    yield {
      text: 'The browser blocks sound: you would not hear it ring.',
      action: 'Allow sound',
      press: () => {
        sound.unlock();
      },
    };
  }
  if (notice !== '') {
    yield {
      text: notice,
      action: 'OK',
      press: () => {
        sound.readNotice();
      },
    };
  }
}

export function notices(list: readonly Notice[]): TemplateResult {
  return html`<div class="notices" aria-live="polite">
    ${list.map(
      ({ text, action, press }) =>
        html`<div class="notice notice-warning phone-notice">
          <p>${text}</p>
          ${
            action === undefined
              ? nothing
              : html`<button type="button" class="button" @click=${press}>${action}</button>`
          }
        </div>`,
    )}
  </div>`;
}
