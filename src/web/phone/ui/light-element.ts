import { LitElement } from 'lit';

/** A component without a shadow root: shared styles, labels and focus work as in the page. */
export abstract class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
