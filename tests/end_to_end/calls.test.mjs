// Calls that Tollgate makes itself (qr, jsapi, barcode, queries by hand): the official Node SDK makes
// the very same request, accepts ours in Alipay's place, and signs the answers that we believe.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { SdkAlipay } from './lib/sdk_alipay.mjs';
import { call } from './lib/program.mjs';
import { asSubject, texts } from './lib/texts.mjs';
import { World } from './lib/world.mjs';

// The SDK takes the machine's wall clock for Beijing's, which is what Alipay expects.
process.env.TZ = 'Asia/Shanghai';

let world;
let alipay;
before(async () => {
    alipay = new SdkAlipay();
    const gatewayUrl = await alipay.start();
    world = await World.make(settings => { settings.apps[0].gateway_url = gatewayUrl; });
    alipay.use(world);
    await world.gateway.start();
});
beforeEach(() => {
    alipay.calls.length = 0;
    alipay.complaints.length = 0;
});
after(async () => {
    await world?.close();
    await alipay.stop();
});

const done = more => biz => ({ code: '10000', msg: 'Success', out_trade_no: biz.out_trade_no, ...more });
const products = {
    qr: {
        method: 'alipay.trade.precreate', productCode: 'QR_CODE_OFFLINE',
        answer: done({ qr_code: 'https://qr.alipay.com/bax1' }),
        action: { type: 'qr', qr_code: 'https://qr.alipay.com/bax1' },
    },
    jsapi: {
        method: 'alipay.trade.create', productCode: 'JSAPI_PAY',
        more: { buyer: { open_id: '074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5' } },
        wire: { buyer_open_id: '074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5' },
        answer: done({}), action: null,
    },
    barcode: {
        method: 'alipay.trade.pay', productCode: 'FACE_TO_FACE_PAYMENT',
        more: { auth_code: '280000000000000001', operator_id: '前台-1' },
        wire: { auth_code: '280000000000000001', scene: 'bar_code', operator_id: '前台-1' },
        answer: done({}), action: { type: 'wait' },
    },
};

describe('the SDK makes the same call and signs the answer', () => {
    let number = 0;
    for (const [product, expected] of Object.entries(products)) {
        for (const [kind, text] of Object.entries(texts)) {
            test(`${product}, ${kind}`, async () => {
                const tradeNo = `20261111${++number}`;
                alipay.answerWith({
                    [expected.method]: biz => ({ ...expected.answer(biz), trade_no: tradeNo }),
                });
                const wanted = {
                    product, out_trade_no: `${product}_${kind}`, amount: 1230,
                    subject: asSubject(text), body: text, passback_params: text, ...expected.more,
                };
                const payment = await world.create(wanted);
                assert.deepEqual(alipay.complaints, []);
                assert.equal(payment.status, 'pending');
                assert.deepEqual(payment.action,
                    expected.action ?? { type: 'jsapi', trade_no: tradeNo });
                const [{ method, notify_url, biz }] = alipay.calls;
                assert.equal(method, expected.method);
                assert.match(notify_url, /\/alipay\/shop\/notify$/);
                const { out_trade_no, subject, body, passback_params, total_amount } = biz;
                assert.deepEqual({ out_trade_no, subject, body, passback_params, total_amount }, {
                    out_trade_no: wanted.out_trade_no, subject: wanted.subject, body: text,
                    passback_params: text, total_amount: '12.30',
                });
                assert.equal(biz.product_code, expected.productCode);
                for (const [name, value] of Object.entries(expected.wire ?? {})) {
                    assert.equal(biz[name], value);
                }
            });
        }
    }
});

describe('by hand', () => {
    // The gateway's timer goes on asking about the payments that were made above.
    const callsByHand = () => alipay.calls.filter((call) => call.method !== 'alipay.trade.query'
        || !/^(barcode|qr|jsapi|page|wap|app)_/.test(call.biz.out_trade_no));
    const byHand = (method, fields) => call(
        ['alipay', 'call', method, '--config', world.path('tollgate.json')],
        { input: typeof fields === 'string' ? fields : JSON.stringify(fields) });

    test('a query is sent, verified and explained', async () => {
        alipay.answerWith({
            'alipay.trade.query': biz => ({
                code: '10000', msg: 'Success', out_trade_no: biz.out_trade_no,
                trade_status: 'TRADE_SUCCESS', buyer_logon_id: '测试***@x.com',
            }),
        });
        const asked = await byHand('alipay.trade.query', { out_trade_no: 'T1' });
        assert.deepEqual(alipay.complaints, []);
        assert.equal(asked.code, 0, asked.stderr);
        const shown = JSON.parse(asked.stdout);
        assert.deepEqual([shown.kind, shown.signed, shown.answer.trade_status],
            ['done', true, 'TRADE_SUCCESS']);
        assert.equal(shown.answer.buyer_logon_id, '测试***@x.com');
    });
    test('a refusal is explained', async () => {
        alipay.answerWith({
            'alipay.trade.query': () => ({
                code: '40004', msg: 'Business Failed', sub_code: 'ACQ.TRADE_NOT_EXIST',
                sub_msg: '交易不存在',
            }),
        });
        const asked = await byHand('alipay.trade.query', { out_trade_no: 'T1' });
        assert.equal(asked.code, 1);
        const shown = JSON.parse(asked.stdout);
        assert.equal(shown.kind, 'refused');
        assert.match(shown.meaning, /has not opened the cashier/);
    });
    test('what can change something is refused, naming what to use', async () => {
        const refused = await byHand('alipay.trade.refund', {});
        assert.equal(refused.code, 1);
        assert.match(refused.stderr, /POST \/v1\/payments\/\{id\}\/refunds/);
        assert.deepEqual(callsByHand(), []);
    });
    test('what is not spoken is refused, naming what is', async () => {
        const refused = await byHand('alipay.fund.trans.uni.transfer', {});
        assert.equal(refused.code, 2);
        assert.match(refused.stderr, /alipay\.trade\.query/);
        assert.doesNotMatch(refused.stderr, /alipay\.trade\.pay/);
    });
    test('every mistake is named, and nothing is sent', async () => {
        const wrong = await byHand('alipay.trade.query', { out_trade_no: 'T 1', colour: 'red' });
        assert.equal(wrong.code, 2);
        assert.match(wrong.stderr, /\/out_trade_no/);
        assert.match(wrong.stderr, /\/colour/);
        assert.equal((await byHand('alipay.trade.query', 'not json')).code, 2);
        assert.deepEqual(callsByHand(), []);
    });
});
