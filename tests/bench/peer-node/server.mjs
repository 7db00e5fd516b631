// The stack that a shop would otherwise pick: the official SDK, Fastify and better-sqlite3, doing what
// Tollgate does in its two hot paths. Usage: node server.mjs SETTINGS.json
import {readFileSync} from 'node:fs';
import {parse as parseForm} from 'node:querystring';

import {AlipaySdk} from 'alipay-sdk';
import Fastify from 'fastify';

import {Store} from './store.mjs';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const sdk = new AlipaySdk({
    appId: settings.app_id,
    privateKey: readFileSync(settings.private_key_file, 'utf8'),
    keyType: 'PKCS8',
    alipayPublicKey: readFileSync(settings.alipay_public_key_file, 'utf8'),
    gateway: settings.gateway_url,
});
const store = new Store(settings.sqlite_file);
const app = Fastify({logger: false});

// The raw body, since it is kept as it came.
app.addContentTypeParser('application/x-www-form-urlencoded', {parseAs: 'string'},
    (request, body, done) => done(null, body));

const order = {
    type: 'object',
    required: ['out_trade_no', 'amount', 'subject'],
    properties: {
        out_trade_no: {type: 'string', maxLength: 64},
        amount: {type: 'integer', minimum: 1, maximum: 10_000_000_000},
        subject: {type: 'string', maxLength: 256},
    },
};
const created = {
    201: {
        type: 'object',
        properties: {out_trade_no: {type: 'string'}, url: {type: 'string'}},
    },
};

app.post('/payments', {schema: {body: order, response: created}}, async (request, reply) => {
    if (request.headers.authorization !== settings.authorization) return reply.code(401).send();
    const {out_trade_no: outTradeNo, amount, subject} = request.body;
    const url = sdk.pageExecute('alipay.trade.page.pay', 'GET', {
        notifyUrl: settings.notify_url,
        bizContent: {
            out_trade_no: outTradeNo, total_amount: (amount / 100).toFixed(2), subject,
            product_code: 'FAST_INSTANT_TRADE_PAY',
        },
    });
    const isNew = await store.addPayment({
        outTradeNo, sellerId: settings.seller_id, amountFen: amount, subject, action: url,
    });
    return reply.code(isNew ? 201 : 409).send({out_trade_no: outTradeNo, url});
});

app.post('/notify', async (request, reply) => {
    reply.type('text/plain');
    const fields = {...parseForm(request.body)};
    if (!sdk.checkNotifySignV2(fields)) return 'fail';
    return (await store.record(fields, request.body)) === 'unknown' ? 'fail' : 'success';
});

process.once('SIGTERM', async () => {
    await app.close();
    store.close();
});
await app.listen({host: '127.0.0.1', port: settings.port, backlog: 4096});
console.log(`listening on ${app.server.address().port}`);
