// The official Node SDK is the other side: what we sign it repeats and accepts, and what it signs
// or accepts as Alipay's is accepted by us, whatever the texts hold.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { payAtCashier } from './lib/cashier.mjs';
import { paidNotification, signedContent, toForm } from './lib/notification.mjs';
import { alipaySdk, merchantSdk, sdkRequest, sdkSignature } from './lib/official_sdk.mjs';
import { Recorder } from './lib/recorder.mjs';
import { call } from './lib/program.mjs';
import { asSubject, texts } from './lib/texts.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

// The SDK takes the machine's wall clock for Beijing's, which is what Alipay expects.
process.env.TZ = 'Asia/Shanghai';

const kinds = Object.entries(texts);
let world;
let merchant;
let alipay;
let postbox;
before(async () => {
    // Alipay's notifications pass through a postbox, so that they can be looked at.
    postbox = new Recorder();
    const address = await postbox.start();
    world = await World.make(settings => { settings.public.base_url = address; });
    postbox.forwardTo(world.url('public'));
    merchant = merchantSdk(world);
    alipay = alipaySdk(world);
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
});
after(async () => {
    await world?.close();
    await postbox.stop();
});

const asked = (product, number, text) => ({
    product, out_trade_no: number, amount: 1230, subject: asSubject(text),
    body: text, passback_params: text,
});

// Names and values once decoded, as the other side sees them; a name twice would not pass.
function decoded(form) {
    const pairs = [...new URLSearchParams(form)];
    const params = Object.fromEntries(pairs);
    assert.equal(pairs.length, Object.keys(params).length);
    return params;
}

function unescapeHtml(text) {
    const marks = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
    return text.replace(/&([^;&]*);/g, (_, name) => marks[name] ?? assert.fail(`&${name};`));
}

// The parameters of an auto-submitted form: those in its address and those in its inputs.
function formParams(html) {
    const [, action] = /<form [^>]*method="post"[^>]* action="([^"]*)"/.exec(html);
    const params = decoded(new URL(unescapeHtml(action)).search);
    const inputs = html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
    for (const [, name, value] of inputs) {
        assert.ok(!(name in params));
        params[name] = unescapeHtml(value);
    }
    return params;
}

function assertOurRequest(params, wanted, { method, productCode }) {
    // The SDK in the merchant's place makes the very same request, down to the signature.
    assert.deepEqual(params, { ...sdkRequest(merchant, params) });
    // And in Alipay's place it accepts ours, but not when a character differs.
    const { sign, ...rest } = params;
    const content = Object.keys(rest).sort().map(name => `${name}=${rest[name]}`).join('&');
    assert.equal(alipay.rsaCheck(content, sign, 'RSA2'), true);
    assert.equal(alipay.rsaCheck(content.replace('12.30', '12.31'), sign, 'RSA2'), false);

    assert.equal(params.method, method);
    assert.equal(params.app_id, world.app.appId);
    assert.match(params.notify_url, /\/alipay\/shop\/notify$/);
    const biz = JSON.parse(params.biz_content);
    assert.equal(biz.product_code, productCode);
    assert.equal(biz.total_amount, '12.30');
    assert.equal(biz.out_trade_no, wanted.out_trade_no);
    assert.equal(biz.subject, wanted.subject);
    assert.equal(biz.body, wanted.body);
    assert.equal(decodeURIComponent(biz.passback_params), wanted.passback_params);
}

const products = {
    page: { method: 'alipay.trade.page.pay', productCode: 'FAST_INSTANT_TRADE_PAY' },
    wap: { method: 'alipay.trade.wap.pay', productCode: 'QUICK_WAP_WAY' },
    app: { method: 'alipay.trade.app.pay', productCode: 'QUICK_MSECURITY_PAY' },
};

describe('the SDK makes the same request and accepts its signature', () => {
    for (const [product, expected] of Object.entries(products)) {
        for (const [kind, text] of kinds) {
            test(`${product}, ${kind}`, async () => {
                const wanted = asked(product, `${product}_${kind}`, text);
                const { action } = await world.create(wanted);
                const form = product === 'app' ? action.order_string : new URL(action.url).search;
                assertOurRequest(decoded(form), wanted, expected);
            });
        }
    }
    for (const [kind, text] of kinds) {
        test(`page as a form, ${kind}`, async () => {
            const wanted = { ...asked('page', `form_${kind}`, text), action: 'form' };
            const { action } = await world.create(wanted);
            assert.equal(action.type, 'form');
            assertOurRequest(formParams(action.html), wanted, products.page);
        });
    }
});

// Signed by the SDK with Alipay's key, and accepted by the SDK as the merchant's judge of it.
function sdkNotification(payment, more) {
    const params = paidNotification(payment, world.app, more);
    const notification = {
        ...params, sign_type: 'RSA2', sign: sdkSignature(alipay, signedContent(params)),
    };
    // The SDK's own check forgets that empty values take no part.
    const filled = Object.entries(notification).filter(([, value]) => value !== '');
    assert.equal(merchant.checkNotifySignV2(Object.fromEntries(filled)), true);
    return notification;
}

async function assertAccepted(payment, notification) {
    assert.deepEqual(await world.notify(toForm(notification)), { status: 200, text: 'success' });
    assert.equal((await world.payment(payment.out_trade_no)).status, 'paid');
    // The command line agrees, and has read every value as it was meant.
    const key = world.path('alipay/app_public_key.pem');
    const judged = await call(['notification', 'verify', '--key', key],
        { input: toForm(notification) });
    const { verdict, params } = JSON.parse(judged.stdout);
    assert.deepEqual([judged.code, verdict, params], [0, 'accepted', notification]);
}

describe('a notification that the SDK signed pays the order', () => {
    for (const [kind, text] of kinds) {
        test(kind, async () => {
            const payment = await world.create(asked('page', `n_${kind}`, text));
            const notification = sdkNotification(payment, {
                subject: text, body: text, buyer_logon_id: text,
                // Comes back as it was sent: still percent-encoded within the encoded body.
                passback_params: encodeURIComponent(text),
            });
            const changed = toForm({ ...notification, buyer_logon_id: `${text}.` });
            assert.deepEqual(await world.notify(changed), { status: 400, text: 'fail' });
            await assertAccepted(payment, notification);
        });
    }
    test('empty values', async () => {
        const payment = await world.create({ product: 'page', out_trade_no: 'n_empty' });
        await assertAccepted(payment, sdkNotification(payment, { body: '', passback_params: '' }));
    });
});

// The SDK's first check decodes values once more: it can only be asked where that changes nothing.
const survivesDecoding = params => Object.values(params).every(value => !value.includes('%'));

describe('the SDK accepts a notification that the sandbox sent', () => {
    const cases = ['page', 'wap', 'app', 'qr']
        .flatMap(product => kinds.map(([kind, text]) => [product, kind, text]));
    for (const [product, kind, text] of cases) {
        test(`${product}, ${kind}`, async () => {
            const wanted = asked(product, `s_${product}_${kind}`, text);
            const { action } = await world.create(wanted);
            await payAtCashier(action, world.url('alipay'));
            await until(async () => (await world.payment(wanted.out_trade_no)).status === 'paid',
                10_000, 'the payment is paid');

            const isAboutIt = body => body.includes(`out_trade_no=${wanted.out_trade_no}&`);
            const params = decoded(postbox.bodies.find(isAboutIt));
            assert.equal(merchant.checkNotifySignV2(params), true);
            if (survivesDecoding(params)) assert.equal(merchant.checkNotifySign(params), true);
            assert.equal(merchant.checkNotifySignV2({ ...params, total_amount: '0.01' }), false);
            assert.equal(params.subject, wanted.subject);
            assert.equal(params.body, wanted.body);
            // precreate takes it as it is, the others percent-encoded; and so it comes back.
            const passback = product === 'qr' ? params.passback_params
                : decodeURIComponent(params.passback_params);
            assert.equal(passback, wanted.passback_params);
        });
    }
});

describe('the sandbox takes the SDK for what it is', () => {
    test('precreate and query, with the answers verified', async () => {
        const bizContent = { out_trade_no: 'sdk_qr', total_amount: '0.01', subject: '测试 + 100%' };
        const made = await merchant.exec('alipay.trade.precreate',
            { bizContent }, { validateSign: true });
        assert.equal(made.code, '10000');
        await payAtCashier({ type: 'qr', qr_code: made.qrCode });
        const found = await merchant.exec('alipay.trade.query',
            { bizContent: { out_trade_no: 'sdk_qr' } }, { validateSign: true });
        assert.equal(found.tradeStatus, 'TRADE_SUCCESS');
    });
    test('create, pay, refund and cancel, with the answers verified', async () => {
        const ask = (method, bizContent) => merchant.exec(`alipay.trade.${method}`,
            { bizContent }, { validateSign: true });
        const order = { total_amount: '10.00', subject: '测试 + 100%' };
        const created = await ask('create',
            { ...order, out_trade_no: 'sdk_create', buyer_id: '2088102146225135' });
        assert.match(created.tradeNo, /^\d{28}$/);
        const paid = await ask('pay',
            { ...order, out_trade_no: 'sdk_pay', auth_code: '286600000000000001' });
        assert.equal(paid.code, '10000');
        const wanted = { out_trade_no: 'sdk_pay', refund_amount: '3.00', out_request_no: 'r1' };
        assert.equal((await ask('refund', wanted)).fundChange, 'Y');
        assert.equal((await ask('refund', wanted)).fundChange, 'N');
        const refund = await ask('fastpay.refund.query',
            { out_trade_no: 'sdk_pay', out_request_no: 'r1' });
        assert.equal(refund.refundStatus, 'REFUND_SUCCESS');
        assert.equal((await ask('cancel', { out_trade_no: 'sdk_create' })).action, 'close');
    });
    test('API v3, with the answers verified', async () => {
        const ask = async (path, body) =>
            (await merchant.curl('POST', `/v3/alipay/trade/${path}`, { body })).data;
        const order = { total_amount: '10.00', subject: '测试 + 100%' };
        const created = await ask('create',
            { ...order, out_trade_no: 'v3_create', buyer_id: '2088102146225135' });
        assert.match(created.trade_no, /^\d{28}$/);
        assert.match((await ask('precreate', { ...order, out_trade_no: 'v3_qr' })).qr_code, /qr/);
        await ask('pay', { ...order, out_trade_no: 'v3_pay', auth_code: '286600000000000002' });
        const refund = await ask('refund',
            { out_trade_no: 'v3_pay', refund_amount: '3.00', out_request_no: 'r1' });
        assert.equal(refund.fund_change, 'Y');
        const found = await ask('query', { out_trade_no: 'v3_pay' });
        assert.equal(found.trade_status, 'TRADE_SUCCESS');
        await assert.rejects(ask('query', { out_trade_no: 'v3_none' }),
            { code: 'ACQ.TRADE_NOT_EXIST' });
    });
    test('page, by address', async () => {
        const url = merchant.pageExecute('alipay.trade.page.pay', 'GET', { bizContent: {
            out_trade_no: 'sdk_page', total_amount: '0.01', subject: '测试 + 100%',
            product_code: 'FAST_INSTANT_TRADE_PAY',
        } });
        await payAtCashier({ type: 'redirect', url });
    });
});
