// A buyer in a real browser: the shop, the pretend Alipay's cashier, and back. Screenshots go to
// TOLLGATE_SCREENSHOTS, or into a new temporary folder.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';

import { World } from './lib/world.mjs';

const pictures = process.env.TOLLGATE_SCREENSHOTS ??
    mkdtempSync(join(tmpdir(), 'tollgate-screenshots-'));
const patience = 15_000;

let world;
let browser;
before(async () => {
    mkdirSync(pictures, { recursive: true });
    world = await World.make();
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
    browser = await chromium.launch({
        executablePath: process.env.TOLLGATE_CHROMIUM ?? '/usr/bin/chromium',
        args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
            '--disable-background-networking', '--disable-component-update', '--disable-sync',
            '--no-proxy-server', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
    });
});
after(async () => {
    await browser?.close();
    await world?.close();
});

// What no page may do: complain in the console, or ask anybody but this machine for anything.
const complaints = [];
afterEach(() => assert.deepEqual(complaints.splice(0), []));

async function openBrowser(options = {}) {
    const context = await browser.newContext({ locale: 'zh-CN', ...options });
    context.setDefaultTimeout(patience);
    context.on('request', request => {
        const { protocol, hostname } = new URL(request.url());
        if (protocol !== 'data:' && hostname !== '127.0.0.1') complaints.push(request.url());
    });
    context.on('response', response => {
        if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
    });
    context.on('console', message => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    context.on('weberror', error => complaints.push(error.error().stack));
    return context;
}

async function picture(page, name) {
    await page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
}

// From the shelf to wherever the shop sends the buyer. Gives the number of the order.
async function buy(page, good, product) {
    await page.goto(world.url('shop', '/'));
    const shelf = page.locator('article', { has: page.locator(`input[value="${good}"]`) });
    await shelf.locator('select').selectOption(product);
    await shelf.getByRole('button', { name: '购买' }).click();
    await page.waitForURL(url => url.pathname !== '/');
}

const orderPage = url => url.pathname.startsWith('/orders/');

async function assertPaid(page) {
    await page.locator('[data-order-page][data-status="paid"]').waitFor();
    assert.equal(await page.locator('.badge').innerText(), '已付款');
    assert.equal(await page.locator('h1').innerText(), '已付款，谢谢惠顾');
}

describe('a buyer in a browser', () => {
    for (const product of ['page', 'wap']) {
        test(`pays by ${product} and comes back; the order list turns paid by itself`, async () => {
            const context = await openBrowser();
            const page = await context.newPage();
            await buy(page, 'tea', product);
            assert.ok(page.url().startsWith(world.url('alipay', '/cashier/')));
            await picture(page, `${product}-cashier`);

            const list = await context.newPage();
            await list.goto(world.url('shop', '/orders'));
            const badge = list.locator('tbody .badge').first();
            assert.equal(await badge.innerText(), '待付款');
            await picture(list, `${product}-orders-waiting`);

            await page.getByRole('button', { name: '确认付款' }).click();
            await page.getByRole('heading', { name: '付款成功' }).waitFor();
            await picture(page, `${product}-cashier-paid`);
            await list.locator('tbody tr').first().getByText('已付款').waitFor();
            await picture(list, `${product}-orders-paid`);
            // The cashier sends the buyer on through the gateway's signed return address.
            await page.waitForURL(orderPage);
            await assertPaid(page);
            await picture(page, `${product}-order-paid`);
            await context.close();
        });
    }

    test('pays by qr with another device, and the order page turns paid by itself', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        await buy(page, 'paper', 'qr');
        await page.locator('#qr svg').waitFor();
        assert.equal(await page.locator('.badge').innerText(), '待付款');
        await picture(page, 'qr-order');

        const other = await openBrowser({ viewport: { width: 390, height: 844 } });
        const phone = await other.newPage();
        await phone.goto(await page.locator('#qr').getAttribute('href'));
        await phone.getByRole('button', { name: '确认付款' }).click();
        await phone.getByRole('heading', { name: '付款成功' }).waitFor();
        await assertPaid(page);
        await picture(page, 'qr-order-paid');
        await other.close();
        await context.close();
    });

    test('pays by app', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        await buy(page, 'ink', 'app');
        await picture(page, 'app-order');
        const order = page.url();
        await page.locator('#open-app').click();
        await page.getByRole('button', { name: '确认付款' }).click();
        await page.locator('#app-result').waitFor();
        await picture(page, 'app-cashier-paid');
        await page.goto(order);
        await assertPaid(page);
        await context.close();
    });

    test('leaves the cashier, and pays later', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        await buy(page, 'brush', 'page');
        await page.locator('#cancel').click();
        await page.getByRole('heading', { name: '尚未付款' }).waitFor();
        await picture(page, 'cashier-left');
        await page.goto(world.url('shop', '/orders'));
        await page.locator('tbody tr').first().getByRole('link').click();
        await picture(page, 'order-waiting');
        await page.getByRole('button', { name: '继续付款' }).click();
        await page.getByRole('button', { name: '确认付款' }).click();
        await page.waitForURL(orderPage);
        await assertPaid(page);
        await context.close();
    });

    test('submits the page form that the API makes, whatever the texts hold', async () => {
        const context = await openBrowser();
        const page = await context.newPage();
        const text = `"a" 'b' <c> &quot; 100% + 书🧧`;
        const { action } = await world.create({
            out_trade_no: 'form', product: 'page', action: 'form', amount: 1230,
            subject: text.replace('&', ''), body: text, passback_params: text,
        });
        await page.route(world.url('shop', '/form'), route => route.fulfill({
            contentType: 'text/html; charset=utf-8', body: `<!doctype html>${action.html}`,
        }));
        await page.goto(world.url('shop', '/form'));
        await page.waitForURL(url => url.pathname.startsWith('/cashier/'));
        assert.equal(await page.locator('h1').innerText(), text.replace('&', ''));
        await context.close();
    });
});

test('both languages, by choice and by preference', async () => {
    const context = await openBrowser();
    const page = await context.newPage();
    await page.goto(world.url('shop', '/'));
    assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
    await page.getByRole('link', { name: 'English' }).click();
    await page.getByRole('heading', { name: 'Green Bamboo' }).waitFor();
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    await page.goto(world.url('shop', '/orders'));
    await page.getByRole('heading', { name: 'My orders' }).waitFor();
    await page.getByRole('link', { name: '中文' }).click();
    await page.getByRole('heading', { name: '我的订单' }).waitFor();
    await context.close();

    const english = await openBrowser({ locale: 'en-GB' });
    const other = await english.newPage();
    await other.goto(world.url('shop', '/'));
    await other.getByRole('heading', { name: 'Green Bamboo' }).waitFor();
    await other.goto(world.url('alipay', '/'));
    await other.getByRole('heading', { name: 'Sandbox overview' }).waitFor();
    await picture(other, 'console-english');
    await english.close();
});

// Nothing may be wider than a phone: a page that scrolls sideways hides its buttons.
describe('every page fits', () => {
    const looks = {
        desktop: { viewport: { width: 1280, height: 800 } },
        dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
        phone: { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 },
        'phone-dark': {
            viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2,
            colorScheme: 'dark',
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
            await page.goto(world.url('shop', '/'));
            await show('shop');
            await buy(page, 'inkstone', 'qr');
            await show('order-qr');
            await page.locator('#qr').click();
            await show('cashier');
            await page.locator('#pay').click();
            await page.getByRole('heading', { name: '付款成功' }).waitFor();
            await show('cashier-paid');
            await page.goto(world.url('shop', '/orders'));
            await show('orders');
            await page.locator('tbody tr').first().getByRole('link').click();
            await assertPaid(page);
            await show('order-paid');
            await page.goto(world.url('alipay', '/'));
            await show('console');
            await page.goto(world.url('alipay', '/app'));
            await show('app');
            await context.close();
        });
    }
});
