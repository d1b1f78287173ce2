import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bindCopy } from './copy';

const writeText = vi.fn<(text: string) => Promise<void>>();

function page(): HTMLButtonElement {
  document.body.innerHTML = `
    <code id="made">s3cret</code>
    <button data-copy="made" hidden>Copy<span> Password</span></button>`;
  const button = document.querySelector('button');
  if (button === null) {
    throw new Error('no button');
  }
  bindCopy(button);
  return button;
}

describe('the copy button', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    writeText.mockReset().mockResolvedValue(undefined);
    vi.stubGlobal('navigator', { clipboard: { writeText } });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('becomes visible with script, copies, reports that, and then says Copy again', async () => {
    const button = page();
    expect(button.hidden).toBe(false);
    button.click();
    await vi.advanceTimersByTimeAsync(0);
    expect(writeText).toHaveBeenCalledWith('s3cret');
    expect(button.textContent).toBe('Copied Password');
    await vi.advanceTimersByTimeAsync(2000);
    expect(button.textContent).toBe('Copy Password');
  });

  it('selects the text where the clipboard is not allowed', async () => {
    vi.stubGlobal('navigator', {});
    const button = page();
    button.click();
    await vi.advanceTimersByTimeAsync(0);
    expect(button.textContent).toBe('Press Ctrl+C Password');
    expect(getSelection()?.toString()).toBe('s3cret');
  });

  it('stays hidden when there is nothing to copy', () => {
    document.body.innerHTML = '<button data-copy="gone" hidden>Copy</button>';
    const button = document.querySelector('button');
    if (button !== null) {
      bindCopy(button);
    }
    expect(button?.hidden).toBe(true);
  });
});
