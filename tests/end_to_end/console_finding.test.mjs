// Looking for things in the operators' console, in a real browser: the search box, every filter, long lists, the
// keys, what leads from one page to another, and what the browser remembers. Screenshots as in console.test.mjs.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import {
    act, Browser, closeDialog, consoleWorld, everyLook, makePayments, open, openPayment, row, signIn,
} from './lib/console.mjs';
import { until } from './lib/until.mjs';

const many = 55;  // More than a list shows at once.

let world, browser, page, made;
before(async () => {
    world = await consoleWorld();
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
    for (let i = 1; i <= many; ++i) await world.create({ out_trade_no: `MANY${i}`, product: 'page' });
    made = await makePayments(world);
    const refund = await world.api('POST', `/v1/payments/${made.paid.id}/refunds`, { out_request_no: 'PAID1_BACK', amount: 40 });
    assert.equal(refund.json.status, 'succeeded');
    const { events } = (await world.api('GET', '/v1/events?after=0&limit=100')).json;
    made.paid.refund = 'PAID1_BACK';
    made.paid.event = events.find(({ type }) => type === 'payment.paid').id;
    browser = await Browser.open();
    page = await browser.page({ permissions: ['clipboard-read', 'clipboard-write'] });
    await signIn(page, world, 'wang');
});
after(async () => {
    await browser?.close();
    await world?.close();
});
afterEach(async () => {
    await closeDialog(page);
    browser.settle();
});

const rows = () => page.locator('main tbody tr:not(.opened)');
// By the whole of its name: what a <select> offers counts as a part of its label's text.
const filter = label => page.locator('.filters .field')
    .filter({ has: page.locator('.name').getByText(label, { exact: true }) }).locator('input, select');
const choose = (label, value) => filter(label).selectOption(value);
async function write(label, value) {
    await filter(label).fill(value);
    await filter(label).press('Enter');
}
const reset = () => page.locator('.filters').getByRole('link', { name: 'Reset' }).click();
const heading = name => page.getByRole('heading', { name, level: 1 });
const countIs = n => until(async () => await rows().count() === n, 10_000, `${n} rows`);

describe('the search box', () => {
    for (const name of ['out_trade_no', 'id', 'trade_no', 'order', 'refund', 'event']) {
        test(`finds a payment by its ${name}`, async () => {
            await open(page, '#/payments');
            await heading('Payments').waitFor();
            await page.locator('#search').fill(made.paid[name]);
            await page.locator('#search').press('Enter');
            await page.locator('.summary').getByText('¥123.45').waitFor();
        });
    }

    test('says when nothing has a number, and is cleared', async () => {
        await page.locator('#search').fill('NOTHING');
        await page.locator('#search').press('Enter');
        await page.getByText('Nothing has this number').waitFor();
        await everyLook(page, 'nothing');
        await page.locator('.chip').getByRole('link', { name: 'Clear search' }).click();
        await countIs(50);
        assert.equal(await page.locator('#search').inputValue(), '');
    });
});

describe('payments', () => {
    test('amounts are exact, times say UTC', async () => {
        await open(page, '#/payments');
        await row(page, 'DEAR1').getByText('¥100,000,000.00').waitFor();
        await row(page, 'CHEAP1').getByText('¥0.01').waitFor();
        const time = row(page, 'DEAR1').locator('time');
        assert.equal(await time.getAttribute('title'),
            `${made.dear.created_at.slice(0, 19).replace('T', ' ')} UTC`);
        // The browser is in Shanghai.
        const here = new Date(Date.parse(made.dear.created_at) + 8 * 3_600_000);
        assert.match(await time.innerText(), new RegExp(`${here.toISOString().slice(11, 19)}$`));
    });

    test('a long list goes on', async () => {
        await open(page, '#/payments');
        await countIs(50);
        await page.getByRole('button', { name: 'Show more' }).click();
        await countIs(many + 5);
        assert.equal(await page.getByRole('button', { name: 'Show more' }).count(), 0);
        const numbers = await rows().locator('a.strong').allInnerTexts();
        assert.equal(new Set(numbers).size, many + 5);
        assert.equal(numbers.at(-1), 'MANY1');
    });

    test('by status, app and time', async () => {
        await open(page, '#/payments');
        await choose('Status', 'paid');
        await countIs(1);
        await row(page, 'PAID1').waitFor();
        await reset();
        await write('App', 'no-such-app');
        await page.getByText('No payment fits').waitFor();
        await write('App', 'shop');
        await countIs(50);
        await write('From', '2099-01-01T00:00');
        await page.getByText('No payment fits').waitFor();
        await reset();
        await write('To', '2020-01-01T00:00');
        await page.getByText('No payment fits').waitFor();
        await write('To', '2099-01-01T00:00');
        await countIs(50);
        // The row leads to the payment, wherever it is touched.
        await row(page, 'DEAR1').locator('td').nth(2).click();
        await page.locator('.summary').getByText('¥100,000,000.00').waitFor();
        await page.locator('a.back').click();
        await heading('Payments').waitFor();
    });
});

describe('one payment', () => {
    test('its numbers are copied, its entries have all their fields', async () => {
        await openPayment(page, made.paid);
        await page.getByRole('button', { name: `Copy: ${made.paid.trade_no}` }).click();
        await page.locator('.copyable').getByText('Copied').waitFor();
        assert.equal(await page.evaluate(() => navigator.clipboard.readText()), made.paid.trade_no);
        const event = page.locator('.timeline [data-kind=event]', { hasText: 'payment.paid' });
        await event.locator('summary').click();
        await event.locator('pre').getByText(made.paid.event).waitFor();
    });

    test('leads to its notifications and its differences', async () => {
        await openPayment(page, made.held);
        await page.locator('.timeline [data-kind=notification]').getByRole('link').click();
        await heading('Notifications').waitFor();
        await countIs(1);
        await row(page, 'amount_mismatch').waitFor();
        await openPayment(page, made.held);
        await page.locator('.timeline [data-kind=difference]').getByRole('link').click();
        await heading('Differences').waitFor();
        await countIs(1);
        await row(page, 'Amount differs').getByRole('link', { name: made.held.id }).click();
        await page.locator('.head .badge').getByText('Held').waitFor();
    });
});

describe('the overview leads on', () => {
    const follow = async (place, link, name) => {
        await open(page, '#/overview');
        await page.locator(place).getByRole('link', { name: link }).first().click();
        await heading(name).waitFor();
    };
    test('to what is open, what is oldest, what is unfinished, and each endpoint', async () => {
        await follow('.tile:has-text("Open differences")', 'Look at them', 'Differences');
        await follow('.columns .card:has-text("Unfinished payments")', 'Waiting for payment', 'Payments');
        assert.equal(await filter('Status').inputValue(), 'pending');
        await follow('.columns .card:has-text("Endpoints")', 'shop', 'shop');
        await open(page, '#/overview');
        await page.locator('.tile:has-text("Oldest unfinished")').getByRole('link').click();
        await page.locator('.summary').waitFor();
        await page.getByText('MANY1', { exact: true }).waitFor();
    });
});

describe('the other lists', () => {
    test('notifications by verdict, app, payment and time', async () => {
        await open(page, '#/notifications');
        await row(page, 'CHEAP1').or(row(page, 'Not verified')).first().waitFor();
        const all = await rows().count();
        await choose('Verdict', 'accepted');
        await row(page, 'Not verified').waitFor({ state: 'detached' });
        await reset();
        await countIs(all);
        await write('Payment', made.held.id);
        await countIs(1);
        await write('App', 'no-such-app');
        await page.getByText('No notification fits').waitFor();
        await reset();
        await write('To', '2020-01-01T00:00');
        await page.getByText('No notification fits').waitFor();
        await write('To', '');
        await write('From', '2020-01-01T00:00');
        await countIs(all);
    });

    test('an endpoint\'s deliveries by status, type and time; a range that has none', async () => {
        await open(page, '#/deliveries/shop');
        await row(page, 'payment.paid').waitFor();
        await choose('Status', 'spent');
        await page.getByText('No delivery fits').waitFor();
        await choose('Status', 'delivered');
        await row(page, 'payment.paid').waitFor();
        await write('Type', 'refund.*');
        await row(page, 'payment.paid').waitFor({ state: 'detached' });
        await row(page, 'refund.succeeded').waitFor();
        await write('To', '2020-01-01T00:00');
        await page.getByText('No delivery fits').waitFor();
        await reset();
        await row(page, 'payment.paid').waitFor();
        const dialog = page.locator('dialog[open]');
        await act(page, 'range').click();
        await dialog.locator('[data-action=count]').click();
        await dialog.getByText('No delivery fits.').waitFor();
        for (const name of ['Given up', 'Cancelled']) await dialog.getByLabel(name).uncheck();
        await dialog.locator('button[type=submit]').click();
        await dialog.getByText('Choose at least one status.').waitFor();
        await everyLook(page, 'range');
        await dialog.getByRole('button', { name: 'Cancel', exact: true }).click();
        await dialog.waitFor({ state: 'detached' });
    });

    test('differences by class, app and status', async () => {
        await open(page, '#/differences');
        await countIs(1);
        await choose('Class', 'late_payment');
        await page.getByText('No difference fits').waitFor();
        await choose('Class', 'amount_mismatch');
        await countIs(1);
        await choose('Status', 'settled');
        await page.getByText('No difference fits').waitFor();
        await choose('Status', 'all');
        await countIs(1);
        await write('App', 'no-such-app');
        await page.getByText('No difference fits').waitFor();
        await reset();
        await countIs(1);
        // Every class that there can be is to be chosen by a word, not by its name.
        const words = await filter('Class').locator('option').allInnerTexts();
        assert.deepEqual(words.filter(word => word.includes('_')), []);
    });

    test('bodies of notifications are for admins', async () => {
        const other = await browser.page();
        await signIn(other, world, 'li');
        await open(other, '#/notifications');
        await row(other, 'HELD1').locator('button').click();
        await other.locator('.details').getByText('The body is shown to admins only').waitFor();
        assert.equal(await other.locator('.details pre').count(), 0);
        await open(other, '#/audit');
        browser.expect(/status of 403/);
        await other.locator('.trouble').getByText('Your role does not allow this').waitFor();
        await other.context().close();
    });
});

describe('without a mouse', () => {
    test('search, every page, the help', async () => {
        await open(page, '#/overview');
        await heading('Overview').waitFor();
        await page.keyboard.press('/');
        await page.keyboard.type('PAID1');
        await page.keyboard.press('Enter');
        await page.locator('.timeline').waitFor();
        const pages = {
            o: 'Overview', n: 'Notifications', d: 'Deliveries', f: 'Differences', p: 'Payments', a: 'Audit', s: 'Sandbox',
        };
        for (const [key, name] of Object.entries(pages)) {
            await page.locator('#main').focus();
            await page.keyboard.press('g');
            await page.keyboard.press(key);
            await heading(name).waitFor();
        }
        await page.keyboard.press('?');
        await page.locator('dialog[open]').getByText('Keyboard').waitFor();
        await everyLook(page, 'help');
        await page.keyboard.press('Escape');
        await page.locator('dialog').waitFor({ state: 'detached' });
    });

    test('the first thing to reach skips what is before the content', async () => {
        await page.reload();
        await heading('Sandbox').waitFor();
        await page.keyboard.press('Tab');
        await page.locator('.skip:focus').waitFor();
        await page.keyboard.press('Enter');
        await page.locator('#main:focus').waitFor();
    });
});

test('language and theme are switched, by key and by button, and remembered', async () => {
    const html = page.locator('html');
    const theme = () => html.getAttribute('data-theme');
    await open(page, '#/payments');
    await heading('Payments').waitFor();
    assert.equal(await theme(), null);
    await page.locator('#main').focus();
    await page.keyboard.press('t');
    await page.locator('html[data-theme=light]').waitFor();
    await page.locator('#theme').click();
    await page.locator('html[data-theme=dark]').waitFor();
    await page.locator('#language').click();
    await heading('支付').waitFor();
    await page.reload();
    await heading('支付').waitFor();
    assert.equal(await theme(), 'dark');
    await page.locator('#main').focus();
    await page.keyboard.press('l');
    await page.keyboard.press('t');
    await heading('Payments').waitFor();
    await page.locator('html:not([data-theme])').waitFor();
});
