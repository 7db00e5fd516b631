// Tollgate's signing against the official Node SDK and the Standard Webhooks library: each side
// must accept what the other signed, and refuse the same changes.
import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { after, describe, test } from 'node:test';

import { AlipaySdk } from 'alipay-sdk';
import { Webhook } from 'standardwebhooks';

import { startPeer } from './peer.mjs';

const peer = startPeer(process.env.SIGNING_PEER);
after(() => peer.stop());

// A key pair in every spelling; nothing is kept after the run.
function keyPair() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const bare = (key, type) => key.export({ type, format: 'der' }).toString('base64');
    return {
        pkcs1: bare(privateKey, 'pkcs1'),
        pkcs8: bare(privateKey, 'pkcs8'),
        pkcs1Pem: privateKey.export({ type: 'pkcs1', format: 'pem' }),
        pkcs8Pem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        spki: bare(publicKey, 'spki'),
        spkiPem: publicKey.export({ type: 'spki', format: 'pem' }),
        pkcs1Public: bare(publicKey, 'pkcs1'),
        sign: (text, type) =>
            createSign(type === 'RSA' ? 'RSA-SHA1' : 'RSA-SHA256').update(text, 'utf8')
                .sign(privateKey, 'base64'),
    };
}

const app = keyPair();
const alipay = keyPair();
const appId = '2021000000000001';

const sdk = signType => new AlipaySdk({
    appId, signType, privateKey: app.pkcs1, keyType: 'PKCS1', alipayPublicKey: alipay.spki,
});
// The SDK in Alipay's place: it checks what the app signed.
const judge = signType => new AlipaySdk({
    appId, signType, privateKey: alipay.pkcs1, keyType: 'PKCS1', alipayPublicKey: app.spki,
});

// What people write into orders, and what breaks careless code.
const texts = {
    ascii: 'Book No. 7',
    chinese: '测试商品（大号）',
    plus: 'a+b ++ c',
    percent: '50% %20 %E6 100%',
    ampersand: 'a=1&b=2&&c',
    equals: '==a=b==',
    emoji: '红包🧧👨‍👩‍👧',
    quotes: '"a" \'b\' <c> \\d\\ /e/',
    lines: 'one\ntwo\r\nthree\t.',
    edges: '  spaces around  ',
    tilde: '~!*()\'-_.',
};
const signTypes = ['RSA2', 'RSA'];

const bizContent = text => ({
    out_trade_no: 'T1', total_amount: '12.30', subject: text, passback_params: encodeURIComponent(text),
    product_code: 'FAST_INSTANT_TRADE_PAY',
});

function unsigned(pairs) {
    return pairs.filter(([name]) => name !== 'sign');
}

const ask = (op, request) => peer.ask(op, request);

for (const signType of signTypes) {
    describe(`requests, ${signType}`, () => {
        for (const [kind, text] of Object.entries(texts)) {
            test(`we accept and repeat the SDK's order string: ${kind}`, async () => {
                const form = sdk(signType).sdkExecute('alipay.trade.app.pay', {
                    notify_url: 'https://shop.example/notify', bizContent: bizContent(text),
                });
                const seen = await ask('verify_request', {
                    public_key: app.spki, sign_type: signType, form,
                });
                assert.equal(seen.ok, true, seen.reason);
                const sent = Object.fromEntries(seen.fields);
                assert.deepEqual(JSON.parse(sent.biz_content), bizContent(text));
                const ours = await ask('sign_request', {
                    private_key: app.pkcs8, sign_type: signType, fields: unsigned(seen.fields),
                });
                assert.equal(ours.sign, sent.sign);
            });

            test(`we accept the SDK's page URL: ${kind}`, async () => {
                const url = sdk(signType).pageExecute('alipay.trade.page.pay', 'GET', {
                    return_url: 'https://shop.example/back?a=1&b=2', bizContent: bizContent(text),
                });
                const seen = await ask('verify_request', {
                    public_key: app.spkiPem, sign_type: signType,
                    form: url.slice(url.indexOf('?') + 1),
                });
                assert.equal(seen.ok, true, seen.reason);
            });

            test(`the SDK accepts and decodes ours: ${kind}`, async () => {
                const fields = [
                    ['app_id', appId], ['method', 'alipay.trade.page.pay'], ['charset', 'utf-8'],
                    ['sign_type', signType], ['timestamp', '2026-01-02 10:00:00'],
                    ['version', '1.0'], ['biz_content', JSON.stringify(bizContent(text))],
                ];
                const ours = await ask('sign_request', {
                    private_key: app.pkcs1Pem, sign_type: signType, fields,
                });
                assert.equal(ours.ok, true, ours.reason);
                const decoded = [...new URLSearchParams(ours.form)];
                assert.deepEqual(unsigned(decoded), fields);
                assert.equal(judge(signType).checkNotifySignV2(Object.fromEntries(decoded)), true);
                // An order string goes through a strict URI decoder in the app, not a form's.
                const pairs = ours.form.split('&').map(pair => pair.split('='));
                const strict = pairs.map(pair => pair.map(decodeURIComponent));
                assert.deepEqual(unsigned(strict), fields);
            });
        }

        test('we accept the fields of the SDK\'s form', async () => {
            const html = sdk(signType).pageExecute('alipay.trade.page.pay', 'POST', {
                bizContent: bizContent(texts.quotes),
            });
            const action = html.match(/action="([^"]*)"/)[1];
            const inputs = [...html.matchAll(/name="([^"]*)" value="([^"]*)" \/>/g)]
                .map(([, name, value]) => [name, value.replaceAll('&quot;', '"')]);
            const pairs = [...new URL(action).searchParams, ...inputs];
            const form = pairs.map(pair => pair.map(encodeURIComponent).join('=')).join('&');
            const seen = await ask('verify_request', {
                public_key: app.pkcs1Public, sign_type: signType, form,
            });
            assert.equal(seen.ok, true, seen.reason);
        });
    });
}

test('every spelling of the private key signs alike', async () => {
    const fields = [['app_id', appId], ['sign_type', 'RSA2']];
    const signs = await Promise.all([app.pkcs1, app.pkcs8, app.pkcs1Pem, app.pkcs8Pem].map(
        private_key => ask('sign_request', { private_key, sign_type: 'RSA2', fields })));
    for (const { sign } of signs) assert.equal(sign, app.sign(`app_id=${appId}&sign_type=RSA2`));
});

// A notification as Alipay makes it: rule V1, signed with Alipay's key.
function notification(text, signType, more = {}) {
    const params = {
        notify_type: 'trade_status_sync', notify_id: '2026010200222100000000000000000001',
        app_id: appId, out_trade_no: 'T1', total_amount: '12.30', trade_status: 'TRADE_SUCCESS',
        subject: text, passback_params: encodeURIComponent(`a=${text}&b=1`),
        fund_bill_list: '[{"amount":"12.30","fundChannel":"ALIPAYACCOUNT"}]', ...more,
    };
    const content = Object.keys(params).filter(name => params[name] !== '').sort()
        .map(name => `${name}=${params[name]}`).join('&');
    return { ...params, sign_type: signType, sign: alipay.sign(content, signType) };
}

const posted = params => Buffer.from(new URLSearchParams(params).toString()).toString('base64');
const verify = (params, sign_type = 'RSA2') => ask('verify_notification', {
    public_key: alipay.spki, sign_type, body_base64: posted(params),
});

for (const signType of signTypes) {
    describe(`notifications, ${signType}`, () => {
        for (const [kind, text] of Object.entries(texts)) {
            test(`both sides accept one, and refuse it changed: ${kind}`, async () => {
                const params = notification(text, signType);
                assert.equal(sdk(signType).checkNotifySignV2(params), true);
                const ours = await verify(params, signType);
                assert.equal(ours.ok, true, ours.reason);

                const changed = { ...params, total_amount: '0.01' };
                assert.equal(sdk(signType).checkNotifySignV2(changed), false);
                assert.equal((await verify(changed, signType)).reason, 'sign_mismatch');
            });
        }

        test('empty values take no part', async () => {
            // The SDK's own check keeps them and refuses; Alipay drops them.
            const params = notification('x', signType, { body: '', buyer_open_id: '' });
            const ours = await verify(params, signType);
            assert.equal(ours.ok, true, ours.reason);
        });
    });
}

test('a double-encoded notification is refused and explained', async () => {
    const params = notification(texts.chinese, 'RSA2');
    const twice = Object.fromEntries(Object.entries(params)
        .map(([name, value]) => [name, encodeURIComponent(value)]));
    const ours = await verify(twice);
    assert.deepEqual([ours.ok, ours.hint], [false, 'encoded_twice']);
});

describe('answers', () => {
    const method = 'alipay.trade.query';
    const key = 'alipay_trade_query_response';
    const nodes = {
        plain: '{"code":"10000","msg":"Success"}',
        spaced: '{ "code" : "10000" ,\n "a" : [ 1, {"b":"}"} ] }',
        quotes: '{"code":"10000","subject":"\\"}{\\\\"}',
        slashes: '{"code":"10000","qr_code":"https:\\/\\/qr.alipay.com\\/bax"}',
        chinese: '{"code":"40004","sub_msg":"交易不存在🧧"}',
    };
    for (const [kind, node] of Object.entries(nodes)) {
        test(`both sides accept one, and refuse it changed: ${kind}`, async () => {
            const sign = alipay.sign(node, 'RSA2');
            const body = `{"${key}":${node},"sign":"${sign}"}`;
            sdk('RSA2').checkResponseSign(body, key, sign, 'trace');
            const ours = await ask('verify_answer', {
                public_key: alipay.spki, sign_type: 'RSA2', method, body,
            });
            assert.equal(ours.ok, true, ours.reason);
            assert.equal(ours.node_text, node);

            const changed = body.replace('"code"', '"cod3"');
            assert.throws(() => sdk('RSA2').checkResponseSign(changed, key, sign, 'trace'));
            const refused = await ask('verify_answer', {
                public_key: alipay.spki, sign_type: 'RSA2', method, body: changed,
            });
            assert.equal(refused.reason, 'sign_mismatch');
        });
    }
});

describe('webhooks', () => {
    const secret = 'whsec_' + Buffer.from('0123456789abcdef0123456789abcdef').toString('base64');
    const id = 'evt_1';
    const now = Math.floor(Date.now() / 1000);
    for (const [kind, text] of Object.entries(texts)) {
        test(`both sides accept each other's: ${kind}`, async () => {
            const body = JSON.stringify({ type: 'payment.paid', data: { subject: text } });
            const library = new Webhook(secret);
            const theirs = library.sign(id, new Date(now * 1000), body);
            const ours = await ask('sign_webhook', { secret, id, timestamp: now, body });
            assert.equal(ours.signature, theirs);
            library.verify(body, {
                'webhook-id': id, 'webhook-timestamp': String(now),
                'webhook-signature': ours.signature,
            });
            const accepted = await ask('verify_webhook', {
                secret, id, timestamp: now, body, signature: theirs,
            });
            assert.equal(accepted.ok, true, accepted.reason);
            const refused = await ask('verify_webhook', {
                secret, id, timestamp: now, body: body + ' ', signature: theirs,
            });
            assert.equal(refused.reason, 'webhook_mismatch');
        });
    }
});
