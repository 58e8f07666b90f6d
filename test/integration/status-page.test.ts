import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatAddress } from '../../src/model/address.js';
import { pageAssets } from '../../src/observe/admin/page.generated.js';
import { applied, config, gatewayView, rejected, upstreamView } from '../support/admin-backend.js';
import { ask, loopback, withAdmin, type RunningAdmin } from '../support/admin-server.js';
import { withPage, type BrowserOptions, type OpenPage } from '../support/browser.js';
import { needs } from '../support/needs.js';
import { freePort } from '../support/ports.js';
import { scoped } from '../support/scope.js';
import { until } from '../support/until.js';

const test = suite('status page');
const browserTest = needs(test, 'chromium');

type Use = (opened: OpenPage & RunningAdmin) => Promise<void>;

function onPage(use: Use, options: BrowserOptions = {}, before?: (admin: RunningAdmin) => void) {
  return scoped(async (scope) => {
    const listen = loopback(await freePort());
    await withAdmin(
      { listen },
      async (admin) => {
        before?.(admin);
        const opened = await withPage(scope, options);
        await opened.page.goto(`http://${formatAddress(listen)}/`);
        await opened.page.locator('#readiness:not(:text("loading"))').waitFor();
        await use({ ...opened, ...admin });
      },
      pageAssets,
    );
  });
}

test('is served with a policy that runs nothing from elsewhere and nothing inline', async () => {
  const listen = loopback(await freePort());
  await withAdmin(
    { listen },
    async () => {
      const { headers, body } = await ask(listen, '/');
      const policy = String(headers['content-security-policy']);
      assert.match(policy, "default-src 'none'");
      assert.not.match(policy, 'unsafe');
      assert.not.match(body, /<script(?![^>]* src="\/page\/)|<style|\sstyle=|\son\w+=|https?:/);
      for (const [, path = ''] of body.matchAll(/(?:src|href)="(\/[^"]*)"/g)) {
        assert.is((await ask(listen, path)).status, 200, path);
      }
    },
    pageAssets,
  );
});

browserTest(
  'shows gateways and upstreams, with trouble first, and draws charts',
  onPage(
    async ({ page, complaints }) => {
      const rows = page.locator('tbody tr');
      assert.is(await rows.count(), 2);
      assert.match(await rows.nth(0).innerText(), /10\.0\.0\.2:2379[^]*ejected[^]*refused/);
      assert.match(await rows.nth(1).innerText(), /10\.0\.0\.1:2379[^]*healthy/);
      await page.locator('.card canvas').nth(1).waitFor();
      assert.match(
        (await page.locator('#config').textContent()) ?? '',
        '  main:\n    listen-addr:',
      );
      assert.equal(complaints, []);
    },
    {},
    ({ backend }) => {
      const out = upstreamView('10.0.0.2:2379', { state: 'ejected', reason: 'connection refused' });
      backend.views = [gatewayView('main', [upstreamView('10.0.0.1:2379'), out])];
    },
  ),
);

browserTest(
  'shows each address of a name, those that drain too',
  onPage(
    async ({ page, complaints }) => {
      const rows = page.locator('tbody tr');
      await rows.nth(2).waitFor();
      const texts = await rows.allInnerTexts();
      assert.equal(
        texts.map((text) => /draining|healthy/.exec(text)?.[0]),
        ['draining', 'draining', 'healthy'],
      );
      assert.match(texts[2] ?? '', /etcd.test:2379 \(10.0.0.1\)/);
      assert.equal(complaints, []);
    },
    {},
    ({ backend }) => {
      const drains = { state: 'draining', reason: 'its name has other addresses now' } as const;
      backend.views = [
        gatewayView('main', [
          upstreamView('etcd.test:2379', { address: '10.0.0.1' }),
          upstreamView('etcd.test:2379', { ...drains, address: '10.0.0.2' }),
          upstreamView('etcd.test:2379', { ...drains, address: '10.0.0.3' }),
        ]),
      ];
    },
  ),
);

browserTest(
  'says of a right file that cannot be had that it could not be applied',
  onPage(async ({ page, server, backend }) => {
    const reason = 'cannot listen on 127.0.0.1:1: permission denied';
    backend.read = { kind: 'config', config, hash: 'bbbb' };
    backend.history = { ...backend.history, lastRejected: { ...rejected, at: 'apply', reason } };
    server.observe({ type: 'reconciled', verdict: { ...rejected, at: 'apply', reason } });
    const banner = page.locator('#file-banner');
    await banner.waitFor();
    assert.match(await banner.innerText(), 'The file on disk could not be applied');
    assert.match(await banner.innerText(), reason);
  }),
);

browserTest(
  'shows reloads with their changes or mistakes as they happen',
  onPage(async ({ page, server }) => {
    server.observe({ type: 'reconciled', verdict: applied });
    await page.locator('.diff .good', { hasText: '+ endpoint main/10.0.0.3:2379' }).waitFor();
    await page.locator('.diff .bad', { hasText: '- endpoint main/10.0.0.2:2379' }).waitFor();
    const said = await page.locator('#announcer').textContent();
    assert.match(said ?? '', 'applied: generation 2');
    const problem = { line: 2, column: 3, path: 'dns.timeout', what: 'no unit', hint: 'write 2s' };
    server.observe({ type: 'reconciled', verdict: { ...rejected, problems: [problem] } });
    await page.locator('.diff .bad', { hasText: '! 2:3: dns.timeout: no unit' }).waitFor();
  }),
);

browserTest(
  'opens the gateway in trouble, and no other, where there are many',
  onPage(
    async ({ page }) => {
      const open = page.locator('details.card[open]');
      await open.first().waitFor();
      assert.is(await open.count(), 1);
      assert.match(await open.innerText(), /team-7[^]*1 ejected/);
    },
    {},
    ({ backend }) => {
      backend.views = Array.from({ length: 20 }, (_none, index) =>
        gatewayView(`team-${index}`, [
          upstreamView('10.0.0.1:2379', { state: index === 7 ? 'ejected' : 'healthy' }),
        ]),
      );
    },
  ),
);

browserTest(
  'shows a refused file with the line in its context, and takes that back',
  onPage(async ({ page, backend, server }) => {
    const before = backend.read;
    const problem = { line: 2, column: 3, path: 'dns.timeout', what: 'no unit', hint: 'write 2s' };
    const text = 'dns:\n  timeout: 2\nlog: {}\n';
    const file = '/etc/gateway.yaml';
    backend.read = { kind: 'invalid', file, hash: 'x', problems: [problem], text };
    server.observe({ type: 'file-missing', file, reason: 'gone' });
    const banner = page.locator('#file-banner');
    await banner.waitFor();
    assert.match(await banner.innerText(), /gateway\.yaml:2:3 dns\.timeout: no unit \(write 2s\)/);
    assert.match((await banner.locator('.at').first().textContent()) ?? '', '2    timeout: 2');
    backend.read = before;
    await banner.waitFor({ state: 'detached' });
  }),
);

const hostile = `<img src=x onerror="document.title='owned'">\u202E<script>document.title='owned'</script>`;

browserTest(
  'shows hostile names as text',
  onPage(
    async ({ page, server, complaints }) => {
      server.observe({ type: 'pool-down', gateway: hostile, reason: hostile, isOffered: true });
      await page.locator('#timeline .badge.bad').waitFor();
      assert.is(await page.locator('main img, main script').count(), 0);
      assert.is(await page.locator('h3').textContent(), hostile.replace('\u202E', '\\u{202e}'));
      assert.not.match(await page.title(), 'owned');
      assert.not.match((await page.locator('body').textContent()) ?? '', '\u202E');
      assert.equal(complaints, []);
    },
    {},
    ({ backend }) => {
      const upstream = upstreamView(hostile, { state: 'ejected', reason: hostile });
      backend.views = [gatewayView(hostile, [upstream])];
      backend.ready = { ready: false, reasons: [hostile] };
    },
  ),
);

const thousand = Array.from({ length: 1_000 }, (_none, index) =>
  upstreamView(`10.0.${index >> 8}.${index & 255}:2379`),
);

browserTest(
  'shows a thousand upstreams, and touches only what has changed',
  onPage(
    async ({ page, backend }) => {
      assert.is(await page.locator('tbody tr').count(), 50);
      await page.getByRole('button', { name: 'Show all 1,000' }).click();
      assert.is(await page.locator('tbody tr').count(), 1_000);
      await page.locator('tbody tr').last().getByText('0.0', { exact: true }).waitFor();
      const touched = page.evaluate<string[]>(touchedRows);
      await until(() => backend.looks > 3, { what: 'further looks at the state' });
      backend.views = [gatewayView('main', [...thousand.slice(1), upstreamView('10.9.9.9:2379')])];
      assert.equal(await touched, ['10.9.9.9:2379']);
      await page.locator('#filter').fill('10.0.3.231');
      assert.is(await page.locator('tbody tr').count(), 1);
    },
    {},
    ({ backend }) => {
      backend.views = [gatewayView('main', thousand)];
    },
  ),
);

/** Names of the rows that change until one is added; runs in the browser. */
const touchedRows = `new Promise((resolve) => {
  const touched = new Set();
  const observer = new MutationObserver((changes) => {
    const added = changes.flatMap(({ addedNodes }) => [...addedNodes]);
    for (const { target } of changes) {
      const row = target.parentElement?.closest('tr');
      if (row) touched.add(row.cells[0].textContent);
    }
    const row = added.find((node) => node.nodeName === 'TR');
    if (!row) return;
    observer.disconnect();
    resolve([...touched, row.cells[0].textContent]);
  });
  const all = { childList: true, subtree: true, characterData: true, attributes: true };
  observer.observe(document.querySelector('tbody'), all);
})`;

browserTest(
  'says that the connection is lost, and comes back by itself',
  onPage(async ({ page, prepare, server }) => {
    const text = server.address ?? '';
    const port = Number(text.slice(text.lastIndexOf(':') + 1));
    const link = page.locator('#link');
    await (await prepare({ listen: undefined })).commit();
    await until(async () => /lost|could not be read/.test(await link.innerText()), {
      what: 'the lost connection',
      timeoutMs: 10_000,
    });
    await (await prepare({ listen: loopback(port) })).commit();
    await until(async () => (await link.innerText()) === 'live', {
      what: 'the connection',
      timeoutMs: 15_000,
    });
  }),
);

browserTest(
  'fits a phone, and is used by keyboard',
  onPage(
    async ({ page }) => {
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      assert.is(width, 390);
      const visited: string[] = [];
      for (let press = 0; press < 8; press += 1) {
        await page.keyboard.press('Tab');
        visited.push(
          await page.evaluate<string>(
            'document.activeElement.id || document.activeElement.tagName',
          ),
        );
      }
      assert.equal(visited.slice(0, 6), ['A', 'A', 'A', 'filter', 'SUMMARY', 'timeline-filter']);
      await page.locator('summary').focus();
      await page.keyboard.press('Enter');
      assert.is(await page.locator('.card').getAttribute('open'), null);
    },
    { viewport: { width: 390, height: 844 }, colorScheme: 'dark' },
  ),
);

test.run();
