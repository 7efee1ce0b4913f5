import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The machine's own browser: CHROMIUM_PATH, or what is on PATH. */
export function chromiumPath(): string | undefined {
  const places = (process.env.PATH ?? '').split(delimiter).flatMap((place) => NAMES.map((name) => join(place, name)));
  return [process.env.CHROMIUM_PATH, ...places].find((path) => path !== undefined && existsSync(path));
}

/** A group of tests in the browser: skipped without one, failed when REQUIRE_REAL=1 says that there must be one. */
export function describeChromium(name: string, tests: (path: string) => void): void {
  const path = chromiumPath();
  if (path !== undefined) {
    describe(name, () => tests(path));
    return;
  }
  const missing = 'Chromium is not installed';
  test(name, { skip: process.env.REQUIRE_REAL === '1' ? false : missing }, () => assert.fail(missing));
}

/** Without a sandbox, which needs more rights than a container gives, and without Chromium's own traffic. */
export function startChromium(executablePath: string): Promise<Browser> {
  const quiet = ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update'];
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--no-first-run', '--disable-sync', ...quiet] });
}

export interface View {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly colours: 'light' | 'dark';
}

export interface Opened {
  readonly page: Page;
  /** What the page wrote to its console, or threw. */
  readonly complaints: string[];
  /** What it asked of anybody; nothing of it is answered. */
  readonly requests: string[];
}

/** Shows a document in a window of its own, which `close` of the page's context ends. */
export async function openIn(browser: Browser, html: string, view: View): Promise<Opened> {
  const { width, height, colours } = view;
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: colours });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.route('**', (route) => {
    requests.push(route.request().url());
    return route.abort();
  });
  await page.setContent(html);
  return { page, complaints, requests };
}
