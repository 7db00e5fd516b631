// Mending what is stuck, with the console in a real browser: an order system that refuses until its endpoint's
// breaker opens, differences that are accepted or paid back, an answer that is lost. Screenshots as in
// console.test.mjs.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, afterEach, before, describe, test } from 'node:test';

import {
    act, Browser, closeDialog, confirm, consoleWorld, everyLook, open, openPayment, row, signIn,
} from './lib/console.mjs';
import { hasSqlite } from './lib/ledger.mjs';
import { paidNotification, signed, toForm } from './lib/notification.mjs';
import { OrderService } from './lib/order_service.mjs';
import { callOk } from './lib/program.mjs';
import { until } from './lib/until.mjs';
import { freePort } from './lib/world.mjs';

// Long enough for a breaker to probe: it waits 30 to 36 s.
const pause = 60_000;

let world, browser, page, orders;
let refusing = true;
before(async () => {
    const port = await freePort();
    world = await consoleWorld(settings => settings.endpoints.push({
        id: 'orders', url: `http://127.0.0.1:${port}/events`, secrets: [{ file: 'event_secret' }],
    }));
    orders = new OrderService(world.eventSecret, () => (refusing ? 500 : 204));
    await orders.start(port);
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
    browser = await Browser.open();
    page = await browser.page();
    await signIn(page, world, 'wang');
});
after(async () => {
    await browser?.close();
    await orders?.stop();
    await world?.close();
});
afterEach(async () => {
    await closeDialog(page);
    browser.settle();
});

const dialog = () => page.locator('dialog[open]');
const tell = fields => world.notify(toForm(signed(fields, world.privateKey('alipay'))));

async function pay(number) {
    const payment = await world.create({ out_trade_no: number, product: 'page' });
    assert.equal((await tell(paidNotification(payment, world.app))).text, 'success');
    return world.payment(number);
}

// That the order system has heard of each, and said yes.
const heard = numbers => until(() => numbers.every(number => orders.ofPayment(number).length > 0), 15_000,
    'the order system has heard of all');

describe('an order system that refuses', () => {
    const numbers = ['DOWN1', 'DOWN2', 'DOWN3', 'DOWN4', 'DOWN5', 'DOWN6'];
    const orderCard = () => page.locator('.endpoint', { hasText: 'orders' });
    const inHead = text => page.locator('.head .badge').getByText(text);
    const fact = name => page.locator('.head .facts > div', { hasText: name }).locator('dd');

    test('opens the breaker; what waits is kept, and the pages show it', async () => {
        for (const number of numbers) await pay(number);
        await open(page, '#/deliveries');
        await orderCard().getByText('Breaker open').waitFor();
        await orderCard().locator('.facts > div', { hasText: 'Waiting' }).getByText('6', { exact: true }).waitFor();
        await page.locator('.endpoint', { hasText: 'shop' }).getByText('Breaker closed').waitFor();
        await everyLook(page, 'breaker-open');
        await open(page, '#/overview');
        await page.locator('.rows li', { hasText: 'orders' }).getByText('Breaker open').waitFor();
        await page.locator('.tile', { hasText: 'Outbox' }).getByText('6', { exact: true }).waitFor();
        await page.locator('.rows li', { hasText: 'orders' }).getByRole('link').click();
        await inHead('Breaker open').waitFor();
        assert.match(await fact('Failing since').innerText(), /\d:\d\d/);
        assert.match(await fact('Next probe').innerText(), /\d:\d\d/);
        await row(page, 'payment.paid').getByText('Waiting').waitFor();
        await page.locator('.row-button').first().click();
        await page.locator('.attempts').getByText('HTTP 500').first().waitFor();
        await everyLook(page, 'endpoint-breaker-open');
    });

    test('is probed, and once it says yes again the breaker closes and gets what waited', async () => {
        refusing = false;
        orders.deliveries.length = 0;
        await inHead('Breaker closed').waitFor({ timeout: pause });
        await heard(numbers);
        await page.locator('.head .facts > div', { hasText: 'Waiting' }).getByText('0', { exact: true }).waitFor();
        assert.equal(await fact('Failing since').innerText(), '–');
        assert.equal(await page.locator('.head .facts > div', { hasText: 'Next probe' }).count(), 0);
        assert.equal(await act(page, 'enable').count(), 0);
        await open(page, '#/deliveries');
        await orderCard().getByText('Breaker closed').waitFor();
        assert.deepEqual(orders.refused, []);
    });

    test('an operator who knows that it is back need not wait for the probe', async () => {
        const again = ['AGAIN1', 'AGAIN2', 'AGAIN3', 'AGAIN4', 'AGAIN5'];
        refusing = true;
        for (const number of again) await pay(number);
        await open(page, '#/deliveries/orders');
        await inHead('Breaker open').waitFor();
        refusing = false;
        orders.deliveries.length = 0;
        await act(page, 'enable').click();
        await dialog().getByText('closes the breaker').waitFor();
        await confirm(page, 'the order system was mended', 'Done');
        await inHead('Breaker closed').waitFor();
        await heard(again);
        await open(page, '#/audit');
        await row(page, 'Enable endpoint').getByText('the order system was mended').waitFor();
    });
});

describe('redelivering', () => {
    const countOf = event => orders.deliveries.filter(({ id }) => id === event.id).length;
    // Each time that it is begun again is a generation.
    const generationOf = event => page.evaluate(async id => {
        const reply = await fetch('/console/api/v1/endpoints/orders/deliveries?limit=500');
        return (await reply.json()).deliveries.find(one => one.event === id).generation;
    }, event.id);

    test('one delivery goes to its endpoint alone', async () => {
        await pay('ONE1');
        await heard(['ONE1']);
        const [event] = orders.ofPayment('ONE1');
        await open(page, '#/deliveries/orders?type=payment.paid');
        await page.locator('.row-button').last().waitFor();
        await page.locator('.row-button').last().click();
        await page.locator('.details').getByText(event.id).waitFor();
        await page.locator('.details [data-action=redeliver]').click();
        await confirm(page, 'the shop lost it', '1 deliveries begun');
        await until(() => countOf(event) === 2, 15_000, 'it comes again');
    });

    test('without an answer it may be asked for again, and is done once', async () => {
        const [event] = orders.ofPayment('ONE1');
        const had = await generationOf(event);
        await openPayment(page, await world.payment('ONE1'));
        let lost = 0;
        browser.expect(/ERR_FAILED/);
        await page.route('**/redeliver', async route => {
            await route.fetch();
            ++lost;
            await route.abort();
        }, { times: 1 });
        await page.locator('.timeline [data-kind=event] [data-action=redeliver]').first().click();
        await dialog().locator('input').last().fill('once, please');
        await dialog().locator('button[type=submit]').click();
        await dialog().getByText('It may have happened').waitFor();
        await everyLook(page, 'no-answer');
        assert.equal(lost, 1);
        await dialog().locator('button[type=submit]').click();
        await dialog().waitFor({ state: 'detached' });
        await until(() => countOf(event) === 3, 15_000, 'it comes again');
        assert.equal(await generationOf(event), had + 1);
    });
});

describe('a difference', () => {
    const settle = async choice => {
        await act(page, 'settle').click();
        await dialog().getByLabel(choice).check();
    };
    const audited = async (reason, action) => {
        await open(page, '#/audit');
        const entry = page.locator('main tbody tr', { hasText: reason }).first();
        await entry.getByText('Settle difference').waitFor();
        await entry.getByText('wang').waitFor();
        await entry.locator('button').click();
        await page.locator('.sides pre').first().getByText('"status": "open"').waitFor();
        await page.locator('.sides pre').last().getByText(`"action": "${action}"`).waitFor();
    };

    test('about another amount: not to be paid back from here, but to be accepted', async () => {
        const payment = await world.create({ out_trade_no: 'ACCEPT1', product: 'page', amount: 700 });
        assert.equal((await tell({ ...paidNotification(payment, world.app), total_amount: '0.07' })).text, 'fail');
        await open(page, `#/differences?payment=${payment.id}`);
        await row(page, 'Amount differs').locator('button').click();
        await act(page, 'settle').click();
        await dialog().locator('input').last().fill('the buyer paid seven fen');
        await dialog().locator('button[type=submit]').click();
        await dialog().getByText('Choose how to settle it.').waitFor();
        await dialog().getByLabel(/^Refund/).check();
        await dialog().locator('input').last().fill('');
        await dialog().locator('button[type=submit]').click();
        await dialog().getByText('A reason is needed.').waitFor();
        await dialog().locator('input').last().fill('the buyer paid seven fen');
        browser.expect(/status of 409/);
        await dialog().locator('button[type=submit]').click();
        await dialog().locator('.trouble').getByText('It cannot be refunded from here').waitFor();
        await everyLook(page, 'settle-refused');
        assert.equal((await world.payment('ACCEPT1')).status, 'pending');
        await dialog().getByLabel(/^Accept/).check();
        await confirm(page, 'we sell it for seven fen', 'Done');
        await page.getByText('No difference fits').waitFor();
        const { status, held } = await world.payment('ACCEPT1');
        assert.deepEqual({ status, held }, { status: 'paid', held: false });
        await openPayment(page, payment);
        await page.locator('.timeline').getByText('Waiting for payment → Paid').waitFor();
        await page.locator('.timeline [data-kind=action]').getByText('we sell it for seven fen').waitFor();
        await audited('we sell it for seven fen', 'accept');
    });

    test('about money that came too late goes back to the buyer', async () => {
        await fetch(world.url('alipay', '/sandbox/faults'), {
            method: 'PUT', headers: { 'content-type': 'application/json' },
            body: JSON.stringify({ faults: [{ on: 'alipay.trade.close', do: 'late_money', delay_ms: 2_000 }] }),
        });
        const payment = await world.create({
            out_trade_no: 'LATE1', product: 'jsapi', amount: 4_200, buyer: { buyer_id: '2088102146225135' },
        });
        assert.equal((await world.api('POST', `/v1/payments/${payment.id}/close`)).json.status, 'closed');
        await until(async () => (await world.payment('LATE1')).held, 15_000, 'the late money is held');
        await openPayment(page, payment);
        await page.locator('.head .badge').getByText('Late money').waitFor();
        await act(page, 'settle').click();
        await row(page, 'Late money').locator('button').click();
        await settle(/^Refund/);
        await everyLook(page, 'settle-refund');
        assert.equal((await world.payment('LATE1')).status, 'paid', 'it asks first');
        await confirm(page, 'the order is gone', 'Done');
        await until(async () => (await world.payment('LATE1')).status === 'refunded', 15_000, 'the money is back');
        const { refunds } = (await world.api('GET', `/v1/payments/${payment.id}/refunds`)).json;
        assert.deepEqual(refunds.map(({ amount, status, origin }) => ({ amount, status, origin })),
            [{ amount: 4_200, status: 'succeeded', origin: 'policy' }]);
        const { trades } = await (await fetch(world.url('alipay', '/sandbox/trades'))).json();
        assert.equal(trades.find(one => one.out_trade_no === 'LATE1').trade_status, 'TRADE_CLOSED');
        await openPayment(page, payment);
        await page.locator('.timeline [data-kind=refund]').getByText('Succeeded').waitFor();
        await everyLook(page, 'refunded');
        await audited('the order is gone', 'refund');
    });
});

test('a ledger that cannot be written: the overview says so, and when it can be again', {
    skip: !hasSqlite && 'sqlite3 is not installed',
}, async () => {
    await open(page, '#/overview');
    await page.locator('.ready.good').waitFor();
    // Somebody holds the ledger's only pen.
    const other = spawn('sqlite3', [world.path('tollgate.db'), 'BEGIN IMMEDIATE', '.shell echo held', '.shell cat'],
        { stdio: ['pipe', 'pipe', 'inherit'] });
    try {
        const [said] = await once(other.stdout, 'data');
        assert.match(String(said), /held/);
        const refused = await world.api('POST', '/v1/payments',
            { app: world.app.id, amount: 100, subject: 'A book', out_trade_no: 'HELDUP1', product: 'page' });
        assert.equal(refused.status, 503);
        await page.locator('.ready.bad').getByText('The ledger cannot be written').waitFor();
        await everyLook(page, 'not-ready');
    } finally {
        other.stdin.end();
    }
    await page.locator('.ready.good').waitFor();
});

test('a ledger that comes from a backup: the overview says that it is guarded, until that is ended', async () => {
    const store = (...args) => callOk(['store', ...args, '--config', world.path('tollgate.json')]);
    await store('backup', world.path('backup.db'));
    await world.gateway.stop();
    await store('restore', world.path('backup.db'), '--replace');
    browser.expect(/ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/);
    browser.expect(/status of 401/);  // Sessions end with the process.
    await world.gateway.start();
    await page.locator('.sign-in').waitFor({ timeout: 40_000 });
    await signIn(page, world, 'wang');
    await page.locator('.ready.wait').getByText('Ready, and guarded').waitFor();
    await everyLook(page, 'guarded');
    await store('unguard', '--yes');
    await page.locator('.ready.good').waitFor();
});
