import { chromium, type Page } from 'playwright-core';

import type { Scope } from './scope.js';

const quietFlags = [
  '--no-sandbox', // tests may run as root
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface BrowserOptions {
  readonly colorScheme?: 'light' | 'dark';
  readonly viewport?: { readonly width: number; readonly height: number };
}

export interface OpenPage {
  readonly page: Page;
  /** What the page complained of: errors, warnings and refused resources. */
  readonly complaints: string[];
}

/** A page of Debian's chromium; the browser ends with the test. */
export async function withPage(scope: Scope, options: BrowserOptions = {}): Promise<OpenPage> {
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: quietFlags,
  });
  scope.defer(() => browser.close());
  const page = await (await browser.newContext(options)).newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  return { page, complaints };
}
