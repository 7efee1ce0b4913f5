import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { describeChromium, openIn, startChromium, type View } from '../../helpers/rendering/chromium.ts';
import { exampleTexts } from '../../helpers/rendering/examples.ts';
import { githubPage } from '../../helpers/rendering/page.ts';

const VIEWS: readonly View[] = [
  { name: 'desktop-light', width: 1280, height: 900, colours: 'light' },
  { name: 'desktop-dark', width: 1280, height: 900, colours: 'dark' },
  { name: 'phone-light', width: 390, height: 844, colours: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colours: 'dark' },
];
const TEST_MS = 60_000;

describeChromium('texts on GitHub', (path) => {
  let browser: Browser;
  const pictures = mkdtempSync(join(tmpdir(), 'comment-rendering-'));

  before(async () => {
    browser = await startChromium(path);
  });
  after(() => browser?.close());

  for (const view of VIEWS) {
    for (const [name, { markdown, visible }] of Object.entries(exampleTexts())) {
      it(`${name} on ${view.name}`, { timeout: TEST_MS }, async (t) => {
        const { page, complaints, requests } = await openIn(browser, githubPage([markdown]), view);
        try {
          await picture(page, `${name}-${view.name}`);
          assert.deepEqual(await overflow(page), [], 'the page is wider than the screen');
          for (const text of visible) assert.ok(await isSeen(page, text, view), `not seen without scrolling: ${text}`);
          assert.equal(await page.locator('details[open]').count(), 0, 'a fold is open');
          assert.ok(!(await page.locator('body').innerText()).includes('cloudrun-perf report id='), 'the marker shows');
          await page.evaluate('document.querySelectorAll("details").forEach((fold) => { fold.open = true; })');
          await picture(page, `${name}-${view.name}-unfolded`);
          assert.deepEqual(await overflow(page), [], 'the unfolded page is wider than the screen');
          assert.ok((await contrast(page)) >= 4.5, `contrast ${await contrast(page)}`);
          assert.deepEqual(complaints, []);
          assert.deepEqual(requests, []);
        } finally {
          await page.context().close();
        }
        t.diagnostic(`pictures in ${pictures}`);
      });
    }
  }

  it('notices what the tests above look for', { timeout: TEST_MS }, async () => {
    const html = `${githubPage(['x'])}<div style="width: 3000px">wide</div><img src="http://127.0.0.1:9/i.png"><script>throw new Error('planted')</script>`;
    const { page, complaints, requests } = await openIn(browser, html, VIEWS[2] as View);
    assert.deepEqual(await overflow(page), ['DIV']);
    assert.ok(complaints.some((line) => line.includes('planted')));
    assert.deepEqual(requests, ['http://127.0.0.1:9/i.png']);
    assert.equal(await isSeen(page, 'nowhere', VIEWS[2] as View), false);
    await page.context().close();
  });

  const picture = (page: Page, name: string) =>
    page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
});

/** Elements that reach beyond the screen, but what scrolls by itself. */
function overflow(page: Page): Promise<readonly string[]> {
  return page.evaluate(`(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element) => element !== null &&
      (['auto', 'scroll'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
    const wide = [...document.body.querySelectorAll('*')].filter((element) =>
      element.getBoundingClientRect().right > width + 1 && !scrolls(element.parentElement));
    const page = document.documentElement.scrollWidth > width ? wide.map((element) => element.tagName) : [];
    return [...new Set([...page, ...wide.map((element) => element.tagName)])];
  })()`);
}

/** Whether the text stands on the first screen. */
async function isSeen(page: Page, text: string, { width, height }: View): Promise<boolean> {
  const found = page.getByText(text).first();
  if ((await found.count()) === 0 || !(await found.isVisible())) return false;
  const box = await found.boundingBox();
  return box !== null && box.x >= 0 && box.x < width && box.y >= 0 && box.y < height;
}

/** Of the text against its background, as WCAG counts it. */
function contrast(page: Page): Promise<number> {
  return page.evaluate(`(() => {
    const light = (colour) => {
      const [r, g, b] = colour.match(/[\\d.]+/g).map(Number).map((part) => part / 255)
        .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const style = getComputedStyle(document.querySelector('.markdown-body'));
    const [a, b] = [light(style.color), light(style.backgroundColor)].sort((x, y) => y - x);
    return (a + 0.05) / (b + 0.05);
  })()`);
}
