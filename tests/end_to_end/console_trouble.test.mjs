// When something goes wrong between the pages and the gateway: answers that are lost, late, cut short or somebody
// else's. What the operator is told must be true, and what he did not ask for must not happen.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import {
    act, Browser, confirm, consoleWorld, everyLook, makePayments, open, openPayment, password, row, signIn,
} from './lib/console.mjs';

let world, browser, page, made;
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
beforeEach(async () => {
    page = await browser.page();
    await signIn(page, world, 'wang');
});
afterEach(async () => {
    await page.context().close();
    browser.settle();
});

const dialog = () => page.locator('dialog[open]');
const told = () => page.locator('.told');
const problem = (status, code) => ({
    status, contentType: 'application/problem+json', body: JSON.stringify({ status, code, title: `It is ${code}` }),
});
// The next request that fits is answered so; `answer` may be a function of the route.
function answerOnce(pattern, method, answer) {
    return page.route(pattern, async (route, request) => {
        if (request.method() !== method) return route.fallback();
        await (typeof answer === 'function' ? answer(route) : route.fulfill(answer));
    }, { times: 1 });
}
// Holds the next request that fits until it is let go.
async function holdOnce(pattern, method, answer) {
    let letGo, came;
    const held = new Promise(resolve => { letGo = resolve; });
    const seen = new Promise(resolve => { came = resolve; });
    await answerOnce(pattern, method, async route => {
        came();
        await held;
        await (answer ? route.fulfill(answer) : route.continue());
    });
    return { seen, letGo };
}

describe('an action', () => {
    test('an answer that was cut short is no refusal, and what is sent again is the same', async () => {
        await openPayment(page, made.cheap);
        const bodies = [];
        page.on('request', request => request.method() === 'POST' && bodies.push(request.headers()['x-reason']));
        await answerOnce('**/close', 'POST', { status: 200, contentType: 'application/json', body: '{"id": "pay_' });
        await act(page, 'close').click();
        await dialog().locator('input[name=reason]').fill('he left');
        await dialog().locator('button[type=submit]').click();
        await dialog().getByText('It may have happened: try again').waitFor();
        assert.equal(await dialog().getByText('That was refused').count(), 0);
        assert.equal(await dialog().locator('input[name=reason]').isDisabled(), true);
        await everyLook(page, 'unclear');
        await dialog().locator('button[type=submit]').click();
        await dialog().waitFor({ state: 'detached' });
        assert.deepEqual(bodies, ['he%20left', 'he%20left']);
    });

    test('what the gateway failed in may have happened, what it refused has not', async () => {
        await openPayment(page, made.dear);
        browser.expect(/status of 50[03]/);
        await act(page, 'close').click();
        await dialog().locator('input[name=reason]').fill('he left');
        for (const [answer, title, unclear] of [
            [problem(503, 'disk_full'), 'The disk is full; nothing was done', 0],
            [problem(500, 'internal'), 'The gateway failed', 1],
            [problem(503, 'outcome_unknown'), 'It is not clear what became of it', 1],
        ]) {
            await answerOnce('**/close', 'POST', answer);
            await dialog().locator('button[type=submit]').click();
            await dialog().locator('.trouble').getByText(title).waitFor();
            assert.equal(await dialog().getByText('It may have happened').count(), unclear, title);
        }
    });

    test('closed while it works, it is told how it ended', async () => {
        await openPayment(page, made.dear);
        browser.expect(/status of 503/);
        const held = await holdOnce('**/close', 'POST', problem(503, 'outcome_unknown'));
        await act(page, 'close').click();
        await dialog().locator('input[name=reason]').fill('he left');
        await dialog().locator('button[type=submit]').click();
        await held.seen;
        await page.keyboard.press('Escape');
        await dialog().waitFor({ state: 'detached' });
        await act(page, 'refresh').click();  // Another one, which stays open.
        held.letGo();
        await told().getByText('Close payment: No answer came, and it may have happened').waitFor();
        await dialog().getByText('Asks Alipay how the trade stands').waitFor();
    });

    test('closed while it works, what it has done is shown', async () => {
        await openPayment(page, made.held);
        await act(page, 'settle').click();
        await row(page, 'Amount differs').locator('button').click();
        const held = await holdOnce('**/settle', 'POST');
        await act(page, 'settle').click();
        await dialog().getByLabel(/^Ignore/).check();
        await dialog().locator('input[name=reason]').fill('a test of ours');
        await dialog().locator('button[type=submit]').click();
        await held.seen;
        await page.keyboard.press('Escape');
        await dialog().waitFor({ state: 'detached' });
        held.letGo();
        await told().getByText('Done').waitFor();
        await page.getByText('No difference fits').waitFor();
    });

    test('what was sent once stays as it was, whatever a second try is told', async () => {
        await openPayment(page, made.dear);
        browser.expect(/ERR_FAILED/);
        browser.expect(/status of 409/);
        await act(page, 'close').click();
        await dialog().locator('input[name=reason]').fill('he left');
        await answerOnce('**/close', 'POST', route => route.abort());
        await dialog().locator('button[type=submit]').click();
        await dialog().getByText('It may have happened').waitFor();
        await answerOnce('**/close', 'POST', problem(409, 'in_progress'));
        await dialog().locator('button[type=submit]').click();
        await dialog().getByText('The first try is still under way').waitFor();
        assert.equal(await dialog().locator('input[name=reason]').isDisabled(), true);
    });

    test('why is for the audit; what Alipay is told is a field of its own', async () => {
        await openPayment(page, made.paid);
        const refund = async (number, toBuyer) => {
            await act(page, 'refund').click();
            await dialog().locator('input[name=amount]').fill('0.01');
            await dialog().locator('input[name=out_request_no]').fill(number);
            await dialog().locator('input[name=to_buyer]').fill(toBuyer);
            await dialog().locator('input[name=reason]').fill('suspected fraud');
            await confirm(page, '', 'Refund: Succeeded');
        };
        await refund('A1', '');
        await refund('A2', '少一件');
        const { json } = await world.api('GET', `/v1/payments/${made.paid.id}/refunds`);
        assert.deepEqual(json.refunds.map(one => [one.out_request_no, one.reason ?? null]), [['A1', null], ['A2', '少一件']]);
    });

    // The last one: the pretend Alipay forgets its trades.
    test('asking Alipay in vain is not told as its answer', async () => {
        await world.sandbox.stop();
        try {
            await openPayment(page, made.dear);
            await act(page, 'refresh').click();
            await confirm(page, '', 'Alipay was not asked again, or did not answer. As far as we know: Waiting for payment');
        } finally {
            await world.sandbox.start();
        }
    });
});

describe('a range', () => {
    test('is begun by a count of these fields alone', async () => {
        await open(page, '#/deliveries/shop');
        await act(page, 'range').click();
        const held = await holdOnce('**/redeliver', 'POST',
            { status: 200, contentType: 'application/json', body: '{"count": 12}' });
        await dialog().locator('[data-action=count]').click();
        await held.seen;
        await dialog().getByLabel('Delivered').check();
        held.letGo();
        await dialog().locator('[data-action=count]:enabled').waitFor();
        await dialog().locator('input[name=reason]').fill('they asked');
        await dialog().locator('button[type=submit]').click();
        await dialog().getByText('Count first').nth(1).waitFor();  // Beside the button's own words.
        assert.equal(await dialog().getByText('12 deliveries fit').count(), 0);
    });
});

describe('a list', () => {
    test('that could not be read has no more of another one', async () => {
        for (let n = 0; n < 51; ++n) await world.create({ out_trade_no: `MANY${n}`, product: 'page' });
        await open(page, '#/payments');
        await page.getByText('Show more').waitFor();
        browser.expect(/status of 503/);
        await answerOnce('**/payments?*', 'GET', problem(503, 'overloaded'));
        await page.locator('.filters select').selectOption('pending');
        await page.locator('.trouble').waitFor();
        assert.equal(await page.getByText('Show more').count(), 0);
        await page.getByText('Try again').click();
        await row(page, 'MANY50').waitFor();
    });

    test('of a number that is searched for ends with the first filter', async () => {
        await open(page, '#/payments?q=PAID1');
        await row(page, 'PAID1').waitFor();
        await page.locator('.filters select').selectOption('closed');
        await row(page, 'PAID1').waitFor({ state: 'detached' });
        assert.equal(new URL(page.url()).hash, '#/payments?status=closed');
    });

    test('is read anew when the same number is asked for again', async () => {
        const search = async () => {
            await page.locator('#search').fill('LATER1');
            await page.keyboard.press('Enter');
        };
        await search();
        await page.getByText('Nothing has this number').waitFor();
        await world.create({ out_trade_no: 'LATER1', product: 'page' });
        await search();
        await page.locator('.head').getByText('LATER1').first().waitFor();
    });

    test('takes a year of four digits, and says of what is no time that it is none', async () => {
        browser.expect(/status of 400/);
        await open(page, '#/payments?since=20261-01-01T00%3A00');
        await page.locator('.trouble').getByText('since').waitFor();
        await page.locator('.filters .reset').click();
        await row(page, 'LATER1').waitFor();
        assert.equal(await page.locator('input[type=datetime-local]').first().getAttribute('max'), '9999-12-31T23:59');
    });
});

test('a page that cannot be drawn leaves the others alone', async () => {
    browser.expect(/TypeError/);
    await answerOnce('**/audit?*', 'GET', { status: 200, contentType: 'application/json', body: '{"entries": [null], "next": null}' });
    await open(page, '#/audit');
    await page.getByText('This page cannot be shown').waitFor();
    await open(page, '#/payments');
    await row(page, 'LATER1').waitFor();
    await open(page, '#/audit');
    await page.locator('main h1').getByText('Audit').waitFor();
});

describe('signing', () => {
    test('out is done when the gateway says so', async () => {
        browser.expect(/ERR_FAILED/);
        await answerOnce('**/session', 'DELETE', route => route.abort());
        await page.locator('#sign-out').click();
        await told().getByText('You are still signed in').waitFor();
        await page.locator('nav.pages').waitFor();
        await page.locator('#sign-out').click();
        await page.locator('.sign-in').waitFor();
    });

    test('out works after somebody has signed in anew in another tab', async () => {
        browser.expect(/status of 403/);
        const other = await page.context().newPage();
        await other.goto(world.url('operator', '/console/'));
        await other.locator('#sign-out').click();
        await other.locator('input[name=name]').fill('li');
        await other.locator('input[name=password]').fill(password);
        await other.locator('.sign-in button[type=submit]').click();
        await other.locator('nav.pages').waitFor();
        await page.locator('#sign-out').click();
        await page.locator('.who').getByText('li').waitFor();  // Who this tab now speaks for.
        await page.locator('#sign-out').click();
        await page.locator('.sign-in').waitFor();
    });

    test('in through a page that is somebody else\'s is told, and can be tried again', async () => {
        await page.locator('#sign-out').click();
        await answerOnce('**/session', 'POST', { status: 200, contentType: 'text/html', body: '<h1>Who are you?</h1>' });
        await page.locator('input[name=name]').fill('li');
        await page.locator('input[name=password]').fill(password);
        await page.locator('.sign-in button[type=submit]').click();
        await page.locator('.trouble').getByText('The gateway does not answer').waitFor();
        await page.locator('input[name=password]').fill(password);
        await page.locator('.sign-in button[type=submit]').click();
        await page.locator('nav.pages').waitFor();
    });
});
