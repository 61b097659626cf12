import { rm, writeFile } from 'node:fs/promises';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, type Browser, type Page } from 'puppeteer-core';

/** A report in a real browser, and everything that went wrong or out while it was open. */
export interface Opened {
  readonly page: Page;
  /** Console errors and warnings, exceptions, and requests other than for the file itself. */
  readonly complaints: readonly string[];
  /** The value of an expression in the page. */
  readonly ask: <Value>(expression: string) => Promise<Value>;
}

interface Look {
  readonly dark?: boolean;
  readonly width?: number;
  /** Where its reader is: `Asia/Kolkata`. */
  readonly zone?: string;
  /** Without it pages are to be read, too. */
  readonly hasScript?: boolean;
}

export interface TestBrowser {
  open(html: string, options?: Look): Promise<Opened>;
  /** A page that is served: requests to its own server are none to complain of. */
  visit(url: string, options?: Look): Promise<Opened>;
  close(): Promise<void>;
}

/** `npm run setup` installs it. As root Chromium wants no sandbox; the pages are our own files. */
export const testBrowser = async (): Promise<TestBrowser> => {
  const folder = await mkdtemp(join(tmpdir(), 'seqgap-html-'));
  const browser: Browser = await launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-dev-shm-usage'],
    headless: true,
  });
  let opened = 0;
  const show = async (
    url: string,
    { dark = false, width = 1280, zone = 'UTC', hasScript = true }: Look,
    isOwn: (asked: string) => boolean,
  ): Promise<Opened> => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warn') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('dialog', (dialog) => {
      complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!isOwn(request.url())) complaints.push(`a request: ${request.url()}`);
    });
    await page.setViewport({ width, height: 900 });
    await page.emulateTimezone(zone);
    await page.setJavaScriptEnabled(hasScript);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    await page.goto(url);
    return {
      page,
      complaints,
      ask: async <Value>(expression: string) => (await page.evaluate(expression)) as Value,
    };
  };
  return {
    open: async (html, look = {}) => {
      opened += 1;
      const path = join(folder, `report-${opened}.html`);
      await writeFile(path, html);
      const url = `file://${path}`;
      return show(url, look, (asked) => asked === url);
    },
    visit: (url, look = {}) => show(url, look, (asked) => asked.startsWith(`${new URL(url).origin}/`)),
    close: async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
