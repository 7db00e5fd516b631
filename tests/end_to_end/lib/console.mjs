// The operators' console in a real browser: a gateway with people, a sandbox, and a page that may
// neither complain nor ask anybody but this machine for anything.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

import { payAtCashier } from './cashier.mjs';
import { paidNotification, signed, toForm } from './notification.mjs';
import { callOk } from './program.mjs';
import { until } from './until.mjs';
import { World } from './world.mjs';

const pictures = process.env.TOLLGATE_SCREENSHOTS ??
    mkdtempSync(join(tmpdir(), 'tollgate-screenshots-'));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const password = 'a long enough password';
export const people = { vi: 'viewer', li: 'operator', wang: 'admin' };

export async function consoleWorld(adjust = () => {}) {
    const hash = (await callOk(['keys', 'password'], { input: `${password}\n` })).trim();
    return World.make((settings, ports, sandbox) => {
        settings.callers[0].rights.push('close', 'refund');
        settings.console = {
            operators: Object.entries(people)
                .map(([name, role]) => ({ name, role, password_hash: hash })),
            sandbox_url: `http://127.0.0.1:${ports.alipay}`,
        };
        adjust(settings, ports, sandbox);
    });
}

// Payments of every fate: `paid`, `dear`, `cheap`, `code` (a till waits for its buyer), `held`; and a notification that
// somebody else has signed.
export async function makePayments(world) {
    const order = (number, more) => world.create({ out_trade_no: number, product: 'page', ...more });
    const paid = await order('PAID1', { amount: 12_345, subject: '春茶 100% 龙井', order: '1001' });
    await payAtCashier(paid.action, world.url('alipay'));
    const made = {
        dear: await order('DEAR1', { amount: 10_000_000_000 }),
        cheap: await order('CHEAP1', { product: 'wap', amount: 1 }),
        code: await order('CODE1', { product: 'barcode', auth_code: '280000000000000001' }),
        held: await order('HELD1', { amount: 700 }),
    };
    const wrong = { ...paidNotification(made.held, world.app), total_amount: '0.07' };
    const told = await world.notify(toForm(signed(wrong, world.privateKey('alipay'))));
    assert.equal(told.text, 'fail');
    const forged = paidNotification(made.cheap, world.app);
    await world.notify(toForm(signed(forged, world.privateKey('app'))));
    made.paid = await until(async () => {
        const now = await world.payment('PAID1');
        return now.status === 'paid' && now;
    }, 10_000, 'PAID1 is paid');
    return made;
}

export class Browser {
    #browser;
    complaints = [];
    #expected = [];

    static async open() {
        mkdirSync(pictures, { recursive: true });
        const made = new Browser();
        made.#browser = await chromium.launch({
            executablePath: process.env.TOLLGATE_CHROMIUM ?? '/usr/bin/chromium',
            args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic',
                '--no-first-run', '--disable-background-networking', '--disable-component-update',
                '--disable-sync', '--no-proxy-server',
                '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
        });
        return made;
    }

    // What the browser itself notes of an answer that the test wants: "status of 401".
    expect(pattern) {
        this.#expected.push(pattern);
    }

    settle() {
        const expected = this.#expected.splice(0);
        const left = this.complaints.splice(0)
            .filter(text => !expected.some(pattern => pattern.test(text)));
        assert.deepEqual(left, []);
    }

    async page(options = {}) {
        const context = await this.#browser.newContext({
            locale: 'en-GB', viewport: { width: 1280, height: 860 }, timezoneId: 'Asia/Shanghai',
            ...options,
        });
        context.setDefaultTimeout(15_000);
        context.on('request', request => {
            const { protocol, hostname } = new URL(request.url());
            if (protocol !== 'data:' && hostname !== '127.0.0.1') {
                this.complaints.push(request.url());
            }
        });
        context.on('console', message => {
            if (!['error', 'warning'].includes(message.type())) return;
            this.complaints.push(`${message.text()} ${message.location().url}`);
        });
        context.on('weberror', error => this.complaints.push(error.error().stack));
        return context.newPage();
    }

    async close() {
        await this.#browser?.close();
    }
}

export async function signIn(page, world, name) {
    await page.goto(world.url('operator', '/console/'));
    await page.locator('input[name=name]').fill(name);
    await page.locator('input[name=password]').fill(password);
    await page.locator('.sign-in button[type=submit]').click();
    await page.locator('nav.pages').waitFor();
}

export async function open(page, hash) {
    await page.evaluate(to => { location.hash = to; }, hash);
}

export async function picture(page, name) {
    await page.screenshot({ path: join(pictures, `console-${name}.png`), fullPage: true });
}

// Whoever cannot see, or sees little, can use it; and nothing is wider than the window.
export async function assertUsable(page, name) {
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document));
    const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))
        .map(({ id, nodes }) => `${name}: ${id}: ${nodes.map(node => node.target).join(', ')}`);
    assert.deepEqual(grave, []);
    const [wide, room] = await page.evaluate(() =>
        [document.documentElement.scrollWidth, window.innerWidth]);
    assert.ok(wide <= room, `${name}: ${wide} px wide in ${room} px`);
}

// What is shown now, dialogs included, in each language, theme and width once with the others.
const looks = [
    ['en', 'light', 'wide'], ['en', 'dark', 'phone'], ['zh', 'light', 'phone'], ['zh', 'dark', 'wide'],
];
const sizes = { wide: { width: 1280, height: 860 }, phone: { width: 390, height: 844 } };

export async function everyLook(page, name) {
    const say = async language => {
        const lang = language === 'zh' ? 'zh-CN' : 'en';
        if (await page.locator('html').getAttribute('lang') === lang) return;
        // Not by a click of the mouse: an open dialog lies above the button.
        await page.evaluate(() => document.getElementById('language').click());
        await page.locator(`html[lang=${lang}]`).waitFor({ state: 'attached' });
    };
    const told = page.locator('.told span');
    if (await told.count()) await told.waitFor({ state: 'detached' });
    for (const [language, colorScheme, size] of looks) {
        await say(language);
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(sizes[size]);
        await picture(page, `${name}-${size}-${colorScheme}-${language}`);
        await assertUsable(page, `${name}-${size}-${colorScheme}-${language}`);
    }
    await say('en');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize(sizes.wide);
}

// In the dialog that an action has opened: gives the reason, does it, and waits until it is told.
export async function confirm(page, reason, told) {
    const dialog = page.locator('dialog[open]');
    if (reason) await dialog.locator('input').last().fill(reason);
    await dialog.locator('button[type=submit]').click();
    await dialog.waitFor({ state: 'detached' });
    await page.locator('.told').getByText(told).waitFor();
}

// What a test that failed half-way has left open is not the next one's trouble.
export async function closeDialog(page) {
    if (await page.locator('dialog[open]').count()) await page.keyboard.press('Escape');
}

export const row = (page, text) => page.locator('main tbody tr', { hasText: text }).first();
export const act = (page, name) => page.locator(`main [data-action=${name}]`).first();

export async function openPayment(page, payment) {
    await open(page, `#/payments/${payment.id}`);
    await page.locator('.timeline').waitFor();
}
