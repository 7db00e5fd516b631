// Every mode that an app can be in: keys or certificates, API v2 or v3, encrypted or not. The
// pretend Alipay judges both sides, and the official Node SDK judges it and us: it makes the very
// requests that Tollgate makes, reads the answers that Tollgate read, and calls by itself.
import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';

import { payAtCashier } from './lib/cashier.mjs';
import {
    bareKey, merchantSdk, sdkAcceptsV3, sdkRequest, sdkSignatureV3,
} from './lib/official_sdk.mjs';
import { callOk } from './lib/program.mjs';
import { Recorder } from './lib/recorder.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

// The SDK takes the machine's wall clock for Beijing's, which is what Alipay expects.
process.env.TZ = 'Asia/Shanghai';

const certificateAppId = '2021000000000002';
const alipayFile = renewal => `chain/alipayCertPublicKey_RSA2${renewal}.crt`;
const modes = ['key', 'certificate'].flatMap(mode => ['v2', 'v3'].flatMap(api =>
    [false, true].map(encrypted => ({
        mode, api, encrypted, name: `${mode}-${api}${encrypted ? '-aes' : ''}`,
    }))));
const inCertificateMode = modes.filter(({ mode }) => mode === 'certificate');

let world;
let postbox;
let recorder;
let sdks;

const file = name => ({ file: name });
const chainCertificates = alipay => ({
    app: file('chain/appCertPublicKey.crt'), alipay: alipay.map(file),
    root: file('chain/alipayRootCert.crt'),
});

// One app at Alipay for each mode of keys; one of ours for each way to speak for it.
function adjust(settings, sandbox, { alipayUrl, publicUrl }) {
    const [like] = settings.apps;
    settings.public.base_url = publicUrl;
    settings.apps = modes.map(({ mode, api, encrypted, name }) => ({
        id: name, api, gateway_url: `${alipayUrl}/gateway.do`, seller_ids: like.seller_ids,
        ...encrypted && { encrypt_key: file('content_key') },
        ...mode === 'key' ? {
            app_id: like.app_id, private_key: like.private_key,
            alipay_public_keys: [file('alipay_public_key.pem')],
        } : {
            app_id: certificateAppId, private_key: file('chain/app_private_key.pem'),
            certificates: chainCertificates([alipayFile('')]),
        },
    }));
    settings.callers[0].apps = modes.map(({ name }) => name);
    settings.callers[0].rights = ['create', 'read', 'close', 'refund'];
    sandbox.alipay.private_key = file('chain/alipay_private_key.pem');
    const [keyApp] = sandbox.alipay.apps;
    keyApp.encrypt_key = file('content_key');
    const { app_public_key: unused, ...certificateApp } = keyApp;
    sandbox.alipay.apps.push({
        ...certificateApp, app_id: certificateAppId,
        certificates: chainCertificates(['', '.renewed1', '.renewed2'].map(alipayFile)),
    });
}

function makeSdks() {
    const alipayKey = createPrivateKey(world.read('chain/alipay_private_key.pem'));
    const alipayPublic = createPublicKey(alipayKey);
    writeFileSync(world.path('alipay_public_key.pem'),
        alipayPublic.export({ type: 'spki', format: 'pem' }));
    const encryptKey = world.read('content_key').trim();
    return {
        key: merchantSdk(world, { alipayPublicKey: bareKey(alipayPublic), encryptKey }),
        certificate: merchantSdk(world, {
            encryptKey, appId: certificateAppId, alipayPublicKey: undefined,
            privateKey: bareKey(createPrivateKey(world.read('chain/app_private_key.pem'))),
            appCertContent: world.read('chain/appCertPublicKey.crt'),
            alipayPublicCertContent: world.read(alipayFile('')),
            alipayRootCertContent: world.read('chain/alipayRootCert.crt'),
        }),
    };
}

before(async () => {
    postbox = new Recorder();
    recorder = new Recorder();
    const addresses = { publicUrl: await postbox.start(), alipayUrl: await recorder.start() };
    world = await World.make((settings, _, sandbox) => adjust(settings, sandbox, addresses));
    await callOk(['keys', 'chain', world.path('chain'),
        '--app-id', certificateAppId, '--seller-id', world.app.sellerId]);
    writeFileSync(world.path('content_key'), randomBytes(16).toString('base64'), { mode: 0o600 });
    sdks = makeSdks();
    postbox.forwardTo(world.url('public'));
    recorder.forwardTo(world.url('alipay'));
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
});
after(async () => {
    await world?.close();
    await Promise.all([postbox.stop(), recorder.stop()]);
});

async function buyAndRefund(app, number) {
    const payment = await world.create({ app, out_trade_no: number, product: 'qr' });
    await payAtCashier(payment.action);
    await until(async () => (await world.payment(number, app)).status === 'paid', 10_000,
        `${number} is paid`);
    const path = `/v1/payments/${payment.id}`;
    const refund = await world.api('POST', `${path}/refunds`,
        { out_request_no: `${number}_R`, amount: 40 });
    assert.deepEqual([refund.status, refund.json.status], [201, 'succeeded']);
    const asked = await world.api('GET', `${path}?refresh=1`);
    assert.deepEqual([asked.json.status, asked.json.refreshed], ['paid', true]);
}

async function openAndClose(app, number) {
    const payment = await world.create({
        app, out_trade_no: number, product: 'jsapi', buyer: { buyer_id: '2088102146225135' },
    });
    const closed = await world.api('POST', `/v1/payments/${payment.id}/close`);
    assert.deepEqual([closed.status, closed.json.status], [200, 'closed']);
}

const decoded = text => {
    const pairs = [...new URLSearchParams(text)];
    const params = Object.fromEntries(pairs);
    assert.equal(pairs.length, Object.keys(params).length, 'a name twice');
    return params;
};

// What the SDK makes of one call over v2 and of its answer.
function judgeV2({ target, body, answer }) {
    const params = { ...decoded(new URL(target, 'http://x').search), ...decoded(body) };
    const mode = params.app_id === certificateAppId ? 'certificate' : 'key';
    const sdk = sdks[mode];
    assert.deepEqual(params, { ...sdkRequest(sdk, params) });
    const name = `${params.method.replaceAll('.', '_')}_response`;
    const { [name]: node, sign, alipay_cert_sn: certSn } = JSON.parse(answer);
    const encrypted = params.encrypt_type !== undefined;
    assert.equal(typeof node, encrypted ? 'string' : 'object');
    if (encrypted) {
        assert.equal(sdk.rsaCheck(`"${node}"`, sign), true);
    } else {
        sdk.checkResponseSign(answer, name, sign);  // Throws what it does not like.
    }
    return {
        mode, api: 'v2', encrypted, method: params.method, certSn,
        node: encrypted ? JSON.parse(sdk.aesDecrypt(node)) : node,
    };
}

// The same for v3, whose failures are not signed.
function judgeV3(exchange) {
    const { target, headers, body, status, answerHeaders, answer } = exchange;
    const mode = exchange.headers.authorization.includes(certificateAppId) ? 'certificate' : 'key';
    const sdk = sdks[mode];
    const { credentials, sign, made } = sdkSignatureV3(sdk, exchange);
    assert.equal(sign, made);
    assert.equal(credentials.get('app_id'), sdk.config.appId);
    assert.equal(credentials.get('app_cert_sn') ?? undefined, sdk.config.appCertSn);
    assert.equal(headers['alipay-root-cert-sn'], sdk.config.alipayRootCertSn);
    const encrypted = headers['alipay-encrypt-type'] !== undefined;
    JSON.parse(encrypted ? sdk.aesDecrypt(body) : body);
    const method = target.slice('/v3/'.length).replaceAll('/', '.');
    if (status !== 200) return { mode, api: 'v3', encrypted, method, node: JSON.parse(answer) };
    assert.equal(sdkAcceptsV3(sdk, exchange), true);
    return {
        mode, api: 'v3', encrypted, method, certSn: answerHeaders['alipay-sn'],
        node: JSON.parse(encrypted ? sdk.aesDecrypt(answer) : answer),
    };
}

const judge = exchange =>
    exchange.target.startsWith('/v3/') ? judgeV3(exchange) : judgeV2(exchange);

describe('Tollgate pays, refunds, asks and closes, and the SDK agrees with every byte', () => {
    for (const { mode, api, encrypted, name } of modes) {
        test(name, async () => {
            const number = name.replaceAll('-', '_');
            await buyAndRefund(name, `${number}_1`);
            await openAndClose(name, `${number}_2`);
            const calls = recorder.exchanges.map(judge).filter(call =>
                call.mode === mode && call.api === api && call.encrypted === encrypted);
            const done = new Set(calls.filter(({ node }) => node.code !== '40004')
                .map(({ method }) => method));
            for (const method of ['precreate', 'refund', 'query', 'create', 'close']) {
                assert.ok(done.has(`alipay.trade.${method}`), `${method} of ${[...done]}`);
            }
            const named = new Set(calls.filter(({ node }) => node.code === undefined ||
                node.code === '10000').map(({ certSn }) => certSn));
            assert.deepEqual([...named], [sdks[mode].config.alipayCertSn]);

            const about = body => body.includes(`out_trade_no=${number}_1&`);
            const notification = decoded(postbox.bodies.find(about));
            assert.equal(sdks[mode].checkNotifySignV2(notification), true);
            assert.equal(notification.alipay_cert_sn, sdks[mode].config.alipayCertSn);
            assert.equal(
                sdks[mode].checkNotifySignV2({ ...notification, total_amount: '0.01' }), false);
        });
    }
});

describe('the SDK calls the sandbox', () => {
    const order = { total_amount: '10.00', subject: '测试 + 100%' };
    for (const { mode, api, encrypted, name } of modes) {
        test(name, async () => {
            const sdk = sdks[mode];
            const ask = async (method, bizContent) => {
                if (api === 'v2') {
                    // It cannot check the signature of an encrypted answer itself; above it does.
                    return await sdk.exec(`alipay.trade.${method}`,
                        { bizContent, needEncrypt: encrypted }, { validateSign: !encrypted });
                }
                const path = `/v3/alipay/trade/${method.replaceAll('.', '/')}`;
                const { data } = await sdk.curl('POST', path,
                    { body: bizContent, needEncrypt: encrypted });
                return Object.fromEntries(Object.entries(data).map(([key, value]) =>
                    [key.replace(/_(.)/g, (_, letter) => letter.toUpperCase()), value]));
            };
            const number = `sdk_${name.replaceAll('-', '_')}`;
            const trade = { out_trade_no: number };
            const code = `2866${Date.now()}`.slice(0, 16) + String(modes.findIndex(one =>
                one.name === name));
            const paid = await ask('pay', { ...order, ...trade, auth_code: code });
            assert.match(paid.tradeNo, /^\d{28}$/);
            assert.equal((await ask('query', trade)).tradeStatus, 'TRADE_SUCCESS');
            const wanted = { ...trade, refund_amount: '3.00', out_request_no: 'r1' };
            assert.equal((await ask('refund', wanted)).fundChange, 'Y');
            const refund = await ask('fastpay.refund.query', { ...trade, out_request_no: 'r1' });
            assert.equal(refund.refundStatus, 'REFUND_SUCCESS');
            const open = { out_trade_no: `${number}_open` };
            await ask('create', { ...order, ...open, buyer_id: '2088102146225135' });
            assert.equal((await ask('close', open)).outTradeNo, open.out_trade_no);
            assert.equal((await ask('query', open)).tradeStatus, 'TRADE_CLOSED');
            assert.equal((await ask('precreate', { ...order, out_trade_no: `${number}_qr` }))
                .outTradeNo, `${number}_qr`);
            const none = ask('query', { out_trade_no: `${number}_none` });
            if (api === 'v2') assert.equal((await none).subCode, 'ACQ.TRADE_NOT_EXIST');
            else await assert.rejects(none, { code: 'ACQ.TRADE_NOT_EXIST' });
        });
    }
});

describe('Alipay renews its certificate', () => {
    const renew = async (appId, headers = { 'content-type': 'application/json' }) => {
        const reply = await fetch(world.url('alipay', `/sandbox/certificates/${appId}/renew`),
            { method: 'POST', body: '{}', headers });
        return { status: reply.status, json: await reply.json() };
    };
    const downloads = () => recorder.exchanges.filter(({ target }) =>
        target.includes('alipay.open.app.alipaycert.download')).length;
    const added = () => world.gateway.log().split('"alipay.certificate_added"').length - 1;

    test('not for an app in key mode, and not by a page from elsewhere', async () => {
        assert.equal((await renew(world.app.appId)).status, 404);
        assert.equal((await renew(certificateAppId, { 'content-type': 'text/plain' })).status, 415);
    });
    test('the SDK is lost; Tollgate goes on, and fetches each app\'s once', async () => {
        const { status, json } = await renew(certificateAppId);
        assert.equal(status, 200);
        assert.notEqual(json.alipay_cert_sn, sdks.certificate.config.alipayCertSn);
        await assert.rejects(sdks.certificate.curl('POST', '/v3/alipay/trade/precreate',
            { body: { out_trade_no: 'lost', total_amount: '1.00', subject: 'x' } }),
        { code: 'response-alipay-sn-verify-error' });
        assert.equal(downloads(), 0);
        for (const { name } of inCertificateMode) {
            const number = `renewed_${name.replaceAll('-', '_')}`;
            await buyAndRefund(name, number);
            const notification = decoded(postbox.bodies.find(body =>
                body.includes(`out_trade_no=${number}&`)));
            assert.equal(notification.alipay_cert_sn, json.alipay_cert_sn);
        }
        assert.equal(downloads(), inCertificateMode.length);
        assert.equal(added(), inCertificateMode.length);
    });
    test('and keeps them over a restart', async () => {
        await world.gateway.stop();
        await world.gateway.start();
        for (const { name } of inCertificateMode) {
            await openAndClose(name, `restarted_${name.replaceAll('-', '_')}`);
        }
        assert.equal(downloads(), inCertificateMode.length);
    });
    test('until the sandbox has no further one', async () => {
        assert.equal((await renew(certificateAppId)).status, 200);
        assert.deepEqual([(await renew(certificateAppId)).status], [409]);
        const list = await (await fetch(world.url('alipay', '/sandbox/certificates'))).json();
        assert.deepEqual(list.certificates.map(({ renewals_left }) => renewals_left), [0]);
    });
});
