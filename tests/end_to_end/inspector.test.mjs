// The inspector in a real browser, on the laptop and on the relay. Screenshots go to
// TOLLGATE_SCREENSHOTS, or into a new temporary folder.
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';

import { paidNotification, signed, toForm } from './lib/notification.mjs';
import { callOk } from './lib/program.mjs';
import { Tunnel } from './lib/tunnel.mjs';
import { until } from './lib/until.mjs';
import { freePort } from './lib/world.mjs';

const pictures = process.env.TOLLGATE_SCREENSHOTS ??
    mkdtempSync(join(tmpdir(), 'tollgate-screenshots-'));
const alipay = generateKeyPairSync('rsa', { modulusLength: 2048 });
const somebody = generateKeyPairSync('rsa', { modulusLength: 2048 });
const seen = [];
const app = createServer((request, reply) => {
    const parts = [];
    request.on('data', part => parts.push(part));
    request.on('end', () => {
        const body = Buffer.concat(parts);
        seen.push({ url: request.url, headers: request.headers, body });
        reply.end(seen.length % 2 === 1 ? 'success' : 'fail');
    });
});

let tunnel, client, browser, inspectorPort, relayInspectorPort, relayToken, link;
before(async () => {
    mkdirSync(pictures, { recursive: true });
    app.listen(0, '127.0.0.1');
    await once(app, 'listening');
    [inspectorPort, relayInspectorPort] = [await freePort(), await freePort()];
    tunnel = await Tunnel.make({}, async made => {
        writeFileSync(made.path('alipay.pem'),
            alipay.publicKey.export({ type: 'spki', format: 'pem' }));
        const hash = await callOk(['tunnel', 'token', 'new', made.path('inspector_token')]);
        relayToken = readFileSync(made.path('inspector_token'), 'utf8').trim();
        return {
            inspector: {
                listen: `127.0.0.1:${relayInspectorPort}`, alipay_keys: ['alipay.pem'],
                token_sha256: [/[0-9a-f]{64}/.exec(hash)[0]],
            },
        };
    });
    await tunnel.relay.start();
    client = tunnel.client(`http://127.0.0.1:${app.address().port}`,
        ['--inspect', `127.0.0.1:${inspectorPort}`, '--alipay-key', tunnel.path('alipay.pem')]);
    client.spawn();
    link = await until(() => /http:\S+#token=\S+/.exec(client.output())?.[0], 20_000,
        'the client has printed its inspector\'s link');
    await tunnel.through();
    browser = await chromium.launch({
        executablePath: process.env.TOLLGATE_CHROMIUM ?? '/usr/bin/chromium',
        args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
            '--disable-background-networking', '--disable-component-update', '--disable-sync',
            '--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
});
after(async () => {
    await browser?.close();
    await Promise.all([tunnel?.relay.stop('SIGKILL'), client?.stop('SIGKILL')]);
    app.closeAllConnections();
    app.close();
    tunnel?.close();
});

const complaints = [];
afterEach(() => assert.deepEqual(complaints.splice(0), []));

async function openBrowser(options = {}) {
    const context = await browser.newContext({
        locale: 'zh-CN', permissions: ['clipboard-read', 'clipboard-write'], ...options,
    });
    context.setDefaultTimeout(15_000);
    context.on('request', request => {
        const { protocol, hostname } = new URL(request.url());
        const local = protocol === 'blob:' || hostname === '127.0.0.1';
        if (!local) complaints.push(request.url());
    });
    context.on('console', message => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    context.on('weberror', error => complaints.push(error.error().stack));
    return context;
}

const picture = (page, name) => page.screenshot({ path: join(pictures, `inspector-${name}.png`) });

let number = 0;
function notification(more = {}, key = alipay.privateKey) {
    const payment = { amount: 12800 + number, out_trade_no: `T2026${++number}`, subject: '春茶 100% 龙井' };
    return signed(paidNotification(payment, { appId: '2021000000000001', sellerId: '2088102146225135' },
        { notify_id: `${'ac05099524730693a8b330c5ecf72da9'}${number}`, ...more }), key);
}
async function post(body, type = 'application/x-www-form-urlencoded; charset=utf-8') {
    const reply = await tunnel.post('/alipay/shop/notify', body, { 'content-type': type });
    assert.equal(reply.status, 200);
}
const rowOf = (page, text) => page.locator('#list .row', { hasText: text }).first();

describe('the laptop\'s inspector', () => {
    test('opens by its link alone, and keeps the token out of the address', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        await page.goto(new URL(link).origin);
        await page.locator('#gate').waitFor();
        await picture(page, 'gate');
        await page.locator('#token').fill(link);
        await page.locator('#gate button').click();
        await page.locator('#list .row').first().waitFor();
        assert.deepEqual(await context.cookies(), []);
        const other = await context.newPage();
        await other.goto(link);
        await other.locator('#list .row').first().waitFor();
        assert.equal(new URL(other.url()).hash, '');
        await context.close();
    });

    test('shows what arrives at once, with a good and a bad verdict', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        await page.goto(link);
        await page.locator('.link.live').waitFor();
        const good = notification();
        await post(toForm(good));
        await rowOf(page, good.out_trade_no).getByText('签名有效').waitFor();
        assert.match(await rowOf(page, good.out_trade_no).innerText(), new RegExp(`¥${good.total_amount}`));
        const bad = notification({}, somebody.privateKey);
        await post(toForm(bad));
        await rowOf(page, bad.out_trade_no).getByText('签名无效').waitFor();
        const twice = notification({ passback_params: 'a%3D1%26b' });
        await post(toForm({ ...twice, passback_params: decodeURIComponent(twice.passback_params) }));
        await rowOf(page, twice.out_trade_no).click();
        await page.locator('#verdict[data-code="decoded_twice"]').getByText('只解码一次').waitFor();
        await picture(page, 'bad');
        await rowOf(page, good.out_trade_no).click();
        await page.locator('#verdict[data-signature="good"]').getByText('alipay.pem').waitFor();
        await page.locator('#verdict').getByText('首次发送').waitFor();
        await page.locator('#view').getByText('春茶 100% 龙井').waitFor();
        await picture(page, 'good');
        await page.locator('[data-tab="raw"]').click();
        assert.equal(await page.locator('#view pre.body').innerText(), toForm(good));
        await context.close();
    });

    test('replays with an edited body, and compares the two', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        const sent = notification();
        await post(toForm(sent));
        await page.goto(link);
        await rowOf(page, sent.out_trade_no).click();
        await page.locator('[data-tab="replay"]').click();
        const edited = toForm({ ...sent, total_amount: '0.01' });
        await page.locator('#replay-body').fill(edited);
        await page.locator('#replay-host').fill('pay.local');
        await picture(page, 'replay');
        await page.locator('#replay-send').click();
        await page.locator('#replay-said a').waitFor();
        await until(() => seen.at(-1).body.toString() === edited, 10_000, 'the app has it');
        assert.equal(seen.at(-1).headers.host, 'pay.local');
        assert.ok(seen.at(-1).headers['x-tunnel-replay-of']);
        await page.locator('#replay-said a').click();
        await page.locator('#verdict[data-signature="bad"]').waitFor();
        await page.locator('#head').getByText('重放自').waitFor();
        await page.locator('[data-tab="compare"]').click();
        const changes = page.locator('.diff .left, .diff .right');
        await changes.filter({ hasText: 'total_amount = 0.01' }).waitFor();
        await changes.filter({ hasText: `total_amount = ${sent.total_amount}` }).waitFor();
        await picture(page, 'compare');
        await context.close();
    });

    test('tells a re-send from the first sending, and compares the answers', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        const sent = notification();
        await post(toForm(sent));
        await post(toForm(sent));
        await page.goto(link);
        await rowOf(page, sent.out_trade_no).getByText('立即重发 ×2').waitFor();
        await rowOf(page, sent.out_trade_no).click();
        await page.locator('[data-tab="answers"]').click();
        await page.locator('#view .try').nth(1).waitFor();
        await page.locator('[data-tab="compare"]').click();
        const id = /#\/(\d+)/.exec(page.url())[1];
        await page.locator('#left').selectOption(`${id}.a1`);
        await page.locator('#right').selectOption(`${id}.a2`);
        await page.locator('.diff .left, .diff .right').filter({ hasText: /success|fail/ }).first().waitFor();
        await context.close();
    });

    test('copies a curl command, searches, switches the language, shows others plainly', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        await post(JSON.stringify({ card: '4111111111111111', text: '<b>中文</b>' }), 'application/json');
        await page.goto(link);
        await page.locator('#text').fill('4111111111111111');
        await page.locator('#list .row:only-child').click();
        await page.locator('#verdict').getByText('非支付宝通知').waitFor();
        await page.locator('#view').getByText('411111******1111').waitFor();
        await page.locator('#reveal').click();
        await page.locator('#view').getByText('4111111111111111').waitFor();
        await page.locator('#view').getByText('<b>中文</b>').waitFor();
        await page.locator('[data-tab="curl"]').click();
        await page.locator('#copy').click();
        await page.locator('#copy').getByText('已复制').waitFor();
        assert.match(await page.evaluate(() => navigator.clipboard.readText()), /^curl .*--data-raw '\{"card"/s);
        await page.locator('#text').fill('春茶');
        await page.locator('#list .row').nth(1).waitFor();
        await page.locator('#text').fill('nobody');
        await page.locator('#list').getByText('没有符合条件的回调').waitFor();
        await page.locator('#language').click();
        await page.locator('#list').getByText('No callback matches').waitFor();
        assert.equal(await page.locator('html').getAttribute('lang'), 'en');
        await page.locator('#text').fill('');
        await page.locator('#list').getByText('Signature good').first().waitFor();
        await context.close();
    });
});

test('the relay\'s inspector shows the same behind its own token', async () => {
    const context = await openBrowser({ locale: 'en-GB' });
    const page = await context.newPage();
    const sent = notification();
    await post(toForm(sent));
    await page.goto(`http://127.0.0.1:${relayInspectorPort}/#token=${relayToken}`);
    await rowOf(page, sent.out_trade_no).getByText('Signature good').waitFor();
    await rowOf(page, sent.out_trade_no).click();
    await page.locator('#head').getByText('Tunnel alice').waitFor();
    await picture(page, 'relay');
    await context.close();
});

// Nothing may be wider than the window.
describe('every view fits', () => {
    const looks = {
        light: { viewport: { width: 1280, height: 800 } },
        dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark', locale: 'en-GB' },
        phone: { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 },
        'phone-dark': {
            viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2,
            colorScheme: 'dark', locale: 'en-GB',
        },
    };
    for (const [look, options] of Object.entries(looks)) {
        test(look, async () => {
            const context = await openBrowser(options);
            const page = await context.newPage();
            const show = async name => {
                await picture(page, `${look}-${name}`);
                const [wide, room] = await page.evaluate(() =>
                    [document.documentElement.scrollWidth, window.innerWidth]);
                assert.ok(wide <= room, `${name}: ${wide} px wide in ${room} px`);
            };
            const sent = notification();
            await post(toForm(sent));
            await page.goto(link);
            await rowOf(page, sent.out_trade_no).waitFor();
            await show('list');
            await rowOf(page, sent.out_trade_no).click();
            for (const tab of ['decoded', 'raw', 'answers', 'replay', 'compare', 'curl']) {
                await page.locator(`[data-tab="${tab}"]`).click();
                await page.locator(`[data-tab="${tab}"][aria-current]`).waitFor();
                if (tab === 'compare') await page.locator('.diff').waitFor();
                await show(tab);
            }
            await context.close();
        });
    }
});

test('says so when the client is gone, and finds it again', async () => {
    const context = await openBrowser();
    const page = await context.newPage();
    await page.goto(link);
    await page.locator('.link.live').waitFor();
    await client.stop('SIGKILL');
    await page.locator('.link.lost').waitFor();
    await page.locator('#link').getByText('连接中断').waitFor();
    assert.ok(await page.locator('#list .row').count() > 0, 'what was there stays readable');
    complaints.splice(0);  // The browser notes each refused connection.
    await context.close();
});
