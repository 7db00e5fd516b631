// The console's sandbox page in a real browser: each of its controls, and that the pretend Alipay, which is in
// certificate mode here, does what it was told. Screenshots as in console.test.mjs.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { payAtCashier } from './lib/cashier.mjs';
import {
    act, Browser, closeDialog, confirm, consoleWorld, everyLook, open, row, signIn,
} from './lib/console.mjs';
import { callOk } from './lib/program.mjs';
import { until } from './lib/until.mjs';

const renewals = ['', '.renewed1', '.renewed2'].map(part => `alipayCertPublicKey_RSA2${part}.crt`);
const inChain = name => ({ file: `chain/${name}` });
const certificates = names => ({
    app: inChain('appCertPublicKey.crt'), alipay: names.map(inChain), root: inChain('alipayRootCert.crt'),
});

let world, browser, page;
before(async () => {
    world = await consoleWorld((settings, _, { alipay }) => {
        const [{ alipay_public_keys: unused, ...ours }] = settings.apps;
        settings.apps = [{
            ...ours, private_key: inChain('app_private_key.pem'), certificates: certificates(renewals.slice(0, 1)),
        }];
        const [{ app_public_key: none, ...theirs }] = alipay.apps;
        alipay.apps = [{ ...theirs, certificates: certificates(renewals) }];
        alipay.private_key = inChain('alipay_private_key.pem');
    });
    await callOk(['keys', 'chain', world.path('chain'), '--app-id', world.app.appId, '--seller-id', world.app.sellerId]);
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
    browser = await Browser.open();
    page = await browser.page();
    await signIn(page, world, 'li');
});
after(async () => {
    await browser?.close();
    await world?.close();
});
afterEach(async () => {
    await closeDialog(page);
    browser.settle();
});

const ask = async name => (await (await fetch(world.url('alipay', `/sandbox/${name}`))).json())[name];
const card = heading => page.locator('main .card', { has: page.getByRole('heading', { name: heading, level: 2 }) });

describe('faults', () => {
    const dialog = () => page.locator('dialog[open]');
    const rules = () => dialog().locator('textarea');
    before(() => open(page, '#/sandbox'));

    test('what is no JSON is not sent; what is no rule is refused, each mistake named', async () => {
        await card('Faults').getByText('Alipay behaves.').waitFor();
        await act(page, 'set-faults').click();
        await rules().fill('slow, please');
        await dialog().locator('button[type=submit]').click();
        await dialog().getByText('This is no JSON.').waitFor();
        await rules().fill('{"faults": [{"on": "nobody", "do": "lose"}]}');
        browser.expect(/status of 400/);
        await dialog().locator('button[type=submit]').click();
        await dialog().locator('.trouble li').getByText('/faults/0/on').waitFor();
        await everyLook(page, 'sandbox-faults-refused');
        await page.keyboard.press('Escape');
        await dialog().waitFor({ state: 'detached' });
        assert.deepEqual(await ask('faults'), []);
    });

    test('each recipe is a rule that it takes', async () => {
        await act(page, 'set-faults').click();
        const names = await dialog().locator('[data-recipe]').evaluateAll(all => all.map(one => one.dataset.recipe));
        assert.ok(names.length >= 9, names.join());
        await page.keyboard.press('Escape');
        for (const name of names) {
            await act(page, 'set-faults').click();
            await dialog().locator(`[data-recipe=${name}]`).click();
            const [wanted] = JSON.parse(await rules().inputValue()).faults;
            await confirm(page, '', 'Done');
            const [{ on, do: does }] = await ask('faults');
            assert.deepEqual([on, does], [wanted.on, wanted.do], name);
            await card('Faults').locator('tbody tr', { hasText: wanted.on }).getByText(wanted.do).waitFor();
        }
    });

    test('they are cleared, once that was asked for', async () => {
        await act(page, 'clear-faults').click();
        await dialog().waitFor();
        assert.equal((await ask('faults')).length, 1);
        await confirm(page, '', 'Alipay behaves');
        assert.deepEqual(await ask('faults'), []);
        await act(page, 'clear-faults').waitFor({ state: 'detached' });
    });

    test('one that strikes is counted', async () => {
        await act(page, 'set-faults').click();
        await dialog().locator('[data-recipe=twice]').click();
        await confirm(page, '', 'Done');
        const payment = await world.create({ out_trade_no: 'TWICE1', product: 'page' });
        await payAtCashier(payment.action);
        await card('Faults').locator('tbody tr', { hasText: 'duplicate' }).getByText(/^1 \(/).waitFor();
        await act(page, 'clear-faults').click();
        await confirm(page, '', 'Alipay behaves');
    });
});

test('its certificate is renewed until there is no further one, and the gateway follows', async () => {
    const shown = card('Certificates');
    const inUse = async () => (await ask('certificates'))[0].alipay_cert_sn;
    await open(page, '#/sandbox');
    const seen = new Set([await inUse()]);
    for (const [then, left] of [['2 renewals left', '1 renewal left'], ['1 renewal left', 'no further one']]) {
        const had = await inUse();
        await shown.getByText(had).waitFor();
        await shown.getByText(then).waitFor();
        await act(page, 'renew').click();
        await page.locator('dialog[open]').getByText('signs with its next certificate').waitFor();
        assert.equal(await inUse(), had, 'it asks first');
        if (seen.size === 1) await everyLook(page, 'sandbox-renew');
        await confirm(page, '', 'Done');
        await shown.getByText(left).waitFor();
        const now = await inUse();
        await shown.getByText(now).waitFor();
        seen.add(now);
        // The gateway has never heard of it: it has to fetch and check it to believe what it signs.
        const payment = await world.create({ out_trade_no: `RENEWED${seen.size}`, product: 'qr' });
        await payAtCashier(payment.action);
        await until(async () => (await world.payment(payment.out_trade_no)).status === 'paid', 15_000, 'it is paid');
    }
    assert.equal(seen.size, 3);
    assert.equal(await shown.locator('[data-action=renew]').count(), 0);
    await open(page, '#/overview');
    for (const sn of seen) await card('Certificates').getByTitle(sn).getByText(/\d+ days left/).waitFor();
    await everyLook(page, 'overview-certificates');
});

describe('what it knows and sends', () => {
    test('a trade leads to its cashier; paid there, both lists say so', async () => {
        await open(page, '#/sandbox');
        const payment = await world.create({ out_trade_no: 'CASHIER1', product: 'jsapi', buyer: { buyer_id: '2088102146225135' } });
        assert.equal(payment.status, 'pending');
        const trade = card('Trades').locator('tbody tr', { hasText: 'CASHIER1' });
        const opened = page.context().waitForEvent('page');
        await trade.getByRole('link', { name: 'Cashier' }).click();
        const cashier = await opened;
        await cashier.getByRole('button', { name: 'Pay', exact: true }).click();
        await cashier.getByRole('heading', { name: 'Paid', exact: true }).waitFor();
        await cashier.close();
        await trade.getByText('TRADE_SUCCESS').waitFor();
        await card('What it sends').locator('tbody tr', { hasText: 'CASHIER1' }).getByText('Heard').waitFor();
        await everyLook(page, 'sandbox');
    });

    test('its own pages are a link away', async () => {
        const opened = page.context().waitForEvent('page');
        await page.getByRole('link', { name: 'Open its own pages' }).click();
        const own = await opened;
        assert.equal(new URL(own.url()).origin, world.url('alipay'));
        await own.getByText('CASHIER1').first().waitFor();
        await own.close();
    });
});

test('a viewer sees it all, and changes nothing', async () => {
    const other = await browser.page();
    await signIn(other, world, 'vi');
    await open(other, '#/sandbox');
    await row(other, 'CASHIER1').waitFor();
    await other.getByRole('heading', { name: 'Certificates' }).waitFor();
    assert.equal(await other.locator('main [data-action]').count(), 0);
    await other.context().close();
});

test('away, it is missed; back again, it is found', async () => {
    browser.expect(/status of 502/);
    await world.sandbox.stop('SIGKILL');
    await page.locator('.trouble').getByText('The sandbox does not answer').first().waitFor();
    assert.equal(await page.locator('.trouble').count(), 1, 'it is said once');
    await everyLook(page, 'sandbox-away');
    await world.sandbox.start();
    await page.locator('.trouble').first().waitFor({ state: 'detached', timeout: 40_000 });
    // It has forgotten everything, and begins with its first certificate again.
    await card('Trades').getByText('No trade yet').waitFor({ timeout: 40_000 });
    await card('Certificates').getByText('2 renewals left').waitFor({ timeout: 40_000 });
});
