import { LitElement } from 'lit';

/** A component in the page's own tree: shared styles, labels and focus just work there. */
export abstract class LightElement extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}
