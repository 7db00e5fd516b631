// Every page of the operators' console in both languages and both themes, wide and narrow: axe finds
// nothing grave, nothing is wider than the window. Screenshots as in console.test.mjs.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import {
    act, assertUsable, Browser, consoleWorld, makePayments, open, openPayment, picture, signIn,
} from './lib/console.mjs';
import { until } from './lib/until.mjs';

let world, browser, made;
before(async () => {
    world = await consoleWorld();
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
    made = await makePayments(world);
    browser = await Browser.open();
});
after(async () => {
    await browser?.close();
    await world?.close();
});
afterEach(() => browser.settle());

// Every page in both languages and both themes, wide and narrow.
describe('everybody can use every page', () => {
    const wide = { viewport: { width: 1280, height: 860 } };
    const phone = { viewport: { width: 390, height: 844 }, isMobile: true, deviceScaleFactor: 2 };
    for (const [size, options] of Object.entries({ wide, phone })) {
        for (const [locale, colorScheme] of [['en-GB', 'light'], ['en-GB', 'dark'], ['zh-CN', 'light'], ['zh-CN', 'dark']]) {
            const look = `${size}-${colorScheme}-${locale.slice(0, 2)}`;
            test(look, async () => {
                const page = await browser.page({ ...options, locale, colorScheme });
                const show = async name => {
                    await picture(page, `${look}-${name}`);
                    await assertUsable(page, `${look}-${name}`);
                };
                await page.goto(world.url('operator', '/console/'));
                await page.locator('.sign-in').waitFor();
                await show('sign-in');
                await signIn(page, world, 'wang');
                assert.equal(await page.locator('html').getAttribute('lang'), locale === 'zh-CN' ? 'zh-CN' : 'en');
                await page.locator('.plot canvas').first().waitFor();
                await show('overview');
                for (const name of ['payments', 'notifications', 'deliveries', 'deliveries/shop', 'differences?status=all', 'audit', 'sandbox']) {
                    await open(page, `#/${name}`);
                    await page.locator('main h1').waitFor();
                    await until(async () => await page.locator('main .empty[role=status]').count() === 0, 15_000, `${name} is loaded`);
                    const first = page.locator('.row-button').first();
                    if (await first.count()) await first.click();
                    await show(name.replace(/\W.*/, '') + (name.includes('/') ? '-endpoint' : ''));
                }
                await openPayment(page, made.paid);
                await show('payment');
                await act(page, 'refund').click();
                await page.locator('dialog[open]').waitFor();
                await show('refund');
                await page.context().close();
            });
        }
    }
});
