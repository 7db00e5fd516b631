// The operators' console, driven through its actions in a real browser, against the real gateway and the
// pretend Alipay; console_finding, console_mending and console_sandbox have the others. Screenshots go to
// TOLLGATE_SCREENSHOTS, or into a new folder.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import {
    act, Browser, confirm, consoleWorld, makePayments, open, openPayment, picture, row, signIn,
} from './lib/console.mjs';
import { until } from './lib/until.mjs';

let world, browser, made;
let failed = true;
before(async () => {
    world = await consoleWorld();
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
    made = await makePayments(world);
    browser = await Browser.open();
});
after(async () => {
    await browser?.close();
    await world?.close({ keep: failed });
});
afterEach(() => browser.settle());

describe('signing in', () => {
    test('a wrong password is told, then slowed down', async () => {
        const page = await browser.page();
        browser.expect(/status of 401/);
        browser.expect(/status of 429/);
        await page.goto(world.url('operator', '/console/'));
        const attempt = async () => {
            await page.locator('input[name=name]').fill('nobody');
            await page.locator('input[name=password]').fill('not the password');
            await page.locator('.sign-in button[type=submit]').click();
            await page.locator('.sign-in button[type=submit]:enabled').waitFor();
        };
        await attempt();
        await page.getByText('Name or password is wrong.').waitFor();
        await until(async () => {
            await attempt();
            return page.locator('.trouble').getByText('Too many wrong passwords').isVisible();
        }, 20_000, 'attempts are slowed');
        await picture(page, 'sign-in-slowed');
        await page.context().close();
    });

    test('stays over a reload, and ends', async () => {
        const page = await browser.page();
        await signIn(page, world, 'li');
        await page.reload();
        await page.locator('.who').getByText('li').waitFor();
        await page.locator('#sign-out').click();
        await page.locator('.sign-in').waitFor();
        await page.reload();
        await page.locator('.sign-in').waitFor();
        await page.context().close();
    });

    test('a session that is over leads back, and says why', async () => {
        const page = await browser.page();
        await signIn(page, world, 'li');
        browser.expect(/status of 401/);
        await page.context().clearCookies();
        await open(page, '#/payments');
        await page.getByText('Your session has ended').waitFor();
        await page.context().close();
    });

    test('the pages come with their guards', async () => {
        const reply = await fetch(world.url('operator', '/console/'));
        assert.match(reply.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self'; /);
        assert.equal(reply.headers.get('x-content-type-options'), 'nosniff');
        assert.equal(reply.headers.get('referrer-policy'), 'no-referrer');
        assert.doesNotMatch(await reply.text(), / style=|<style|<script>/);
    });
});

describe('a payment\'s actions', () => {
    let page;
    before(async () => {
        page = await browser.page();
        await signIn(page, world, 'li');
    });
    after(() => page.context().close());

    test('its life is told', async () => {
        await openPayment(page, made.paid);
        for (const kind of ['created', 'notification', 'transition', 'event', 'attempt']) {
            await page.locator(`.timeline [data-kind=${kind}]`).first().waitFor();
        }
        await page.locator('.timeline').getByText('Waiting for payment → Paid').waitFor();
    });

    test('asking Alipay', async () => {
        await act(page, 'refresh').click();
        await confirm(page, '', 'The payment is now: Paid');
    });

    test('a refund needs an amount, a number and a reason, and is exact', async () => {
        await act(page, 'refund').click();
        const dialog = page.locator('dialog[open]');
        const submit = dialog.locator('button[type=submit]');
        await dialog.locator('input[name=amount]').fill('0.305');
        await submit.click();
        await dialog.getByText('An amount such as 12.34').waitFor();
        await dialog.locator('input[name=amount]').fill('123.46');
        await submit.click();
        await dialog.getByText('At most ¥123.45 is left').waitFor();
        await dialog.locator('input[name=amount]').fill('0.3');
        await submit.click();
        await dialog.getByText('A reason is needed').waitFor();
        await dialog.locator('input[name=to_buyer]').fill('少一件');
        await confirm(page, '一件破损 100% + ok', 'Refund: Succeeded');
        const { json } = await world.api('GET', `/v1/payments/${made.paid.id}/refunds`);
        assert.deepEqual(json.refunds.map(one => [one.out_request_no, one.amount, one.reason]),
            [['PAID1_R1', 30, '少一件']]);
        await page.locator('.timeline [data-kind=refund]').getByText('¥0.30').first().waitFor();
        await page.locator('.timeline [data-kind=action]').getByText('一件破损 100% + ok').waitFor();
    });

    test('redelivering an event', async () => {
        const event = page.locator('.timeline [data-kind=event]', { hasText: 'payment.paid' });
        await event.locator('[data-action=redeliver]').click();
        await confirm(page, 'the shop asked', '1 deliveries begun');
        await page.locator('.timeline [data-kind=action]').getByText('Redeliver').waitFor();
    });

    test('closing', async () => {
        await openPayment(page, made.cheap);
        await act(page, 'close').click();
        await confirm(page, 'the buyer gave up', /The payment is now: Clos/);
    });

    test('cancelling what a till has scanned', async () => {
        await openPayment(page, made.code);
        await act(page, 'cancel').click();
        await confirm(page, 'the buyer left', 'The payment is now: Closed');
    });

    test('Escape leaves everything as it was', async () => {
        await openPayment(page, made.dear);
        await act(page, 'close').click();
        await page.locator('dialog[open]').waitFor();
        await page.keyboard.press('Escape');
        await page.locator('dialog').waitFor({ state: 'detached' });
        assert.equal((await world.payment('DEAR1')).status, 'pending');
    });
});

describe('the other pages\' actions', () => {
    let page;
    before(async () => {
        page = await browser.page();
        await signIn(page, world, 'wang');
    });
    after(() => page.context().close());

    test('the overview counts', async () => {
        await page.locator('.ready.good').getByText('Ready').waitFor();
        await page.locator('.tile', { hasText: 'Open differences' }).getByText('1', { exact: true }).waitFor();
        await page.locator('nav .count').getByText('1').waitFor();
        await page.getByRole('img', { name: /^Created, last hour: / }).waitFor();
        assert.ok(await page.locator('.plot canvas').count() === 2, 'two charts');
    });

    test('a notification that cannot be verified stays so; one that can is settled again', async () => {
        await open(page, '#/notifications');
        await row(page, 'Not verified').locator('button').click();
        await page.locator('.details pre').getByText('out_trade_no=CHEAP1').waitFor();
        await page.locator('.details .note').getByText(/signed_by_app|app_key/).waitFor();
        await act(page, 'reprocess').click();
        browser.expect(/status of 422/);
        await page.locator('dialog input').fill('try it');
        await page.locator('dialog button[type=submit]').click();
        await page.locator('dialog .trouble').getByText('It still does not verify').waitFor();
        await page.keyboard.press('Escape');
        await row(page, 'Not verified').locator('button').click();
        await row(page, 'PAID1').locator('button').click();
        await act(page, 'reprocess').click();
        await confirm(page, 'once more', /Verdict: /);
        await page.locator('.filters select').selectOption('accepted');
        await row(page, 'Not verified').waitFor({ state: 'detached' });
        await row(page, 'PAID1').waitFor();
    });

    test('an endpoint is tested, parked and enabled; a range is counted, then begun', async () => {
        await open(page, '#/deliveries');
        await page.locator('.endpoint').getByRole('link', { name: 'shop' }).click();
        await act(page, 'test').click();
        await confirm(page, 'is it there?', 'Sent');
        await row(page, 'endpoint.test').getByText('Delivered').waitFor();
        await row(page, 'payment.paid').locator('button').click();
        await page.locator('.attempts').getByText('HTTP 204').first().waitFor();
        await act(page, 'park').click();
        await confirm(page, 'maintenance', 'Done');
        await page.locator('.head .badge').getByText('Parked').waitFor();
        await act(page, 'enable').click();
        await confirm(page, 'it is back', 'Done');
        await page.locator('.head .badge').getByText('Enabled').waitFor();
        await act(page, 'range').click();
        await page.locator('dialog').getByLabel('Delivered').check();
        await page.locator('dialog [data-action=count]').click();
        await page.locator('dialog').getByText(/\d+ deliveries fit/).waitFor();
        await confirm(page, 'the shop lost them', /\d+ deliveries begun/);
    });

    test('a difference is settled', async () => {
        await openPayment(page, made.held);
        await page.locator('.head .badge').getByText('Held').waitFor();
        await act(page, 'settle').click();
        await row(page, 'Amount differs').locator('button').click();
        await page.locator('.details pre').getByText('0.07').waitFor();
        await act(page, 'settle').click();
        await page.locator('dialog').getByLabel(/^Ignore/).check();
        await confirm(page, 'a test of ours', 'Done');
        await page.getByText('No difference fits').waitFor();
        assert.equal((await world.payment('HELD1')).held, false);
    });

    test('the audit has it all', async () => {
        await open(page, '#/audit');
        for (const name of ['Refund', 'Redeliver', 'Close payment', 'Cancel payment', 'Reprocess notification',
            'Test endpoint', 'Park endpoint', 'Enable endpoint', 'Settle difference']) {
            await row(page, name).waitFor();
        }
        const close = row(page, 'Close payment');
        await close.getByText('the buyer gave up').waitFor();
        await close.locator('button').click();
        await page.locator('.sides pre').first().getByText('"status": "pending"').waitFor();
    });
});

test('a viewer looks, and changes nothing', async () => {
    const page = await browser.page();
    await signIn(page, world, 'vi');
    for (const hash of [`#/payments/${made.dear.id}`, '#/deliveries/shop']) {
        await open(page, hash);
        await page.locator('main h1').waitFor();
        const names = await page.locator('main [data-action]').evaluateAll(all => all.map(one => one.dataset.action));
        assert.deepEqual(names.filter(name => name !== 'refresh'), []);
    }
    assert.equal(await page.locator('nav.pages').getByText('Audit').count(), 0);
    await page.context().close();
});

test('when the gateway is away, the pages say so, and find it again', async () => {
    const page = await browser.page();
    await signIn(page, world, 'li');
    await page.locator('.ready.good').waitFor();
    browser.expect(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/);
    browser.expect(/status of 401/);  // Sessions end with the process.
    await world.gateway.stop('SIGKILL');
    await page.getByText('The gateway does not answer').waitFor();
    await picture(page, 'away');
    await world.gateway.start();
    await page.locator('.sign-in').getByText('Your session has ended').waitFor({ timeout: 40_000 });
    await page.context().close();
    failed = false;
});
