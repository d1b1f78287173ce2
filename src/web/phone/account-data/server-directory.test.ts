import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bodyOf, DIGEST, FakePhoneApi, json } from '../testing/fake-phone-api';

let api: FakePhoneApi;
beforeEach(() => {
  api = new FakePhoneApi();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the directory', () => {
  it('is loaded again when it has changed', async () => {
    const made = api.phoneServer();
    const onChange = vi.fn();
    const end = made.subscribe(onChange);
    await made.onPasswordAccepted('1000', DIGEST);
    const before = made.directory;
    expect(before).toEqual([{ extension: '1001', name: 'Ann' }]);
    onChange.mockClear();

    api.answers['/directory'] = () => new Response(null, { status: 304 });
    await made.onPasswordAccepted('1000', DIGEST);
    expect(api.headerOf('/directory', 'If-None-Match')).toBe('"1"');
    expect(made.directory).toBe(before);
    expect(onChange).not.toHaveBeenCalled();

    api.answers['/directory'] = () =>
      json({ extensions: [{ extension: '1002', name: '' }, 7, {}] });
    await made.onPasswordAccepted('1000', DIGEST);
    expect(made.directory).toEqual([{ extension: '1002', name: '' }]);
    expect(onChange).toHaveBeenCalledTimes(1);
    end();
  });

  describe('of a large site', () => {
    const SEARCH = '/directory?search=grace';
    const grace = { extension: '2000', name: 'Grace Hopper' };

    beforeEach(() => {
      vi.useFakeTimers();
      api.answers['/directory'] = () =>
        json({ extensions: [{ extension: '1001', name: 'Ann' }], complete: false });
      api.answers[SEARCH] = () => json({ extensions: [grace], complete: true });
    });
    afterEach(() => {
      vi.useRealTimers();
    });
    const pause = (): Promise<unknown> => vi.advanceTimersByTimeAsync(250);
    const searches = (): string[] => api.paths().filter((path) => path.includes('?search='));

    it('is searched after a pause in typing, and once for each text', async () => {
      const made = await api.registered();
      const onChange = vi.fn();
      made.subscribe(onChange);
      for (const typed of ['g', 'gr', 'grace h', ' grace']) {
        made.searchDirectory(typed);
      }
      await pause();
      made.searchDirectory('grace');
      made.searchDirectory('');
      await pause();
      expect(searches()).toEqual([SEARCH]);
      expect(api.headerOf(SEARCH, 'Sipapp-Session')).toBe('token-1');
      expect(made.isDirectoryComplete).toBe(false);
      expect(made.directory).toEqual([{ extension: '1001', name: 'Ann' }, grace]);
      expect(onChange).toHaveBeenCalledTimes(1);
    });

    it('is searched by the digits of a number in any notation', async () => {
      const made = await api.registered();
      made.searchDirectory('20-00');
      await pause();
      expect(searches()).toEqual(['/directory?search=2000']);
    });

    it('is searched again after a failure', async () => {
      const made = await api.registered();
      api.answers[SEARCH] = () => Promise.reject(new TypeError('Failed to fetch'));
      made.searchDirectory('grace');
      await pause();
      expect(made.directory).toHaveLength(1);
      api.answers[SEARCH] = () => json({ extensions: [grace] });
      made.searchDirectory('grace');
      await pause();
      expect(made.directory).toHaveLength(2);
    });

    it('ignores an answer after the account has been left', async () => {
      const made = await api.registered();
      let tell = (): void => undefined;
      api.answers[SEARCH] = () =>
        new Promise((resolve) => {
          tell = (): void => {
            resolve(json({ extensions: [grace] }));
          };
        });
      made.searchDirectory('grace');
      await pause();
      made.end();
      tell();
      await pause();
      expect(made.directory).toEqual([]);
    });

    describe('names', () => {
      const NAMES = '/directory/names';
      const lookUps = (): unknown[] => api.asked.filter(({ path }) => path === NAMES).map(bodyOf);

      beforeEach(() => {
        api.answers[NAMES] = () => json({ extensions: [grace, { extension: '9', name: 'Odd' }] });
      });

      it('are looked up for many numbers at once, and each number once', async () => {
        const made = await api.registered();
        const told = vi.fn();
        made.subscribe(told);
        expect(made.nameOf('1001')).toBe('Ann');
        expect(made.nameOf('2000')).toBe('');
        expect(made.nameOf('2001')).toBe('');
        expect(made.nameOf('')).toBe('');
        expect(made.nameOf('1'.repeat(256))).toBe('');
        await pause();
        expect(lookUps()).toEqual([{ numbers: ['2000', '2001'] }]);
        expect(told).toHaveBeenCalledTimes(1);
        expect(made.nameOf('2000')).toBe('Grace Hopper');
        expect([made.nameOf('2001'), made.nameOf('9')]).toEqual(['', '']);
        await pause();
        expect(lookUps()).toEqual([{ numbers: ['2000', '2001'] }, { numbers: ['9'] }]);
        await pause();
        expect(lookUps()).toHaveLength(2);
      });

      it('are looked up anew after the next registration, and stay meanwhile', async () => {
        const made = await api.registered();
        made.nameOf('2000');
        made.nameOf('2001');
        await pause();
        await made.onPasswordAccepted('1000', DIGEST);
        expect(made.nameOf('2000')).toBe('Grace Hopper');
        made.nameOf('2001');
        await pause();
        expect(lookUps().at(-1)).toEqual({ numbers: ['2001'] });
      });

      it('of more numbers than one request has are left out', async () => {
        const made = await api.registered();
        for (let number = 3000; number < 3060; number += 1) {
          made.nameOf(String(number));
        }
        await pause();
        await pause();
        expect(lookUps()).toHaveLength(1);
        expect((lookUps()[0] as { numbers: string[] }).numbers).toHaveLength(50);
      });

      it('are not api.asked for again by every picture after a failure', async () => {
        api.answers[NAMES] = () => json({}, 503);
        const made = await api.registered();
        for (let pictures = 0; pictures < 5; pictures += 1) {
          expect(made.nameOf('2000')).toBe('');
          await pause();
        }
        expect(lookUps()).toHaveLength(1);
      });

      it('are those of the list where all are known, and forgotten with it', async () => {
        api.answers['/directory'] = () => json({ extensions: [grace], complete: true });
        const made = await api.registered();
        expect([made.nameOf('2000'), made.nameOf('2001')]).toEqual(['Grace Hopper', '']);
        await pause();
        made.end();
        expect(made.nameOf('2000')).toBe('');
        await pause();
        expect(lookUps()).toEqual([]);
      });

      it('say nothing to somebody who has gone meanwhile', async () => {
        const made = await api.registered();
        made.nameOf('2000');
        made.end();
        await pause();
        expect(lookUps()).toEqual([]);
      });
    });

    it('is not searched where all are known', async () => {
      api.answers['/directory'] = () => json({ extensions: [grace], complete: true });
      const made = await api.registered();
      made.searchDirectory('grace');
      await pause();
      expect(made.isDirectoryComplete).toBe(true);
      expect(searches()).toEqual([]);
    });
  });

  it('is not requested where it is switched off', async () => {
    await api.registered({ directory: false, turn: false });
    expect(api.asked).toEqual([]);
  });
});
