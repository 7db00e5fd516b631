// What the gateway writes into its log: JSON lines, each with the numbers of what it is about,
// never a secret, and as many of them as somebody wants just now.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { payAtCashier } from './lib/cashier.mjs';
import { paidNotification, signed, toForm } from './lib/notification.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

let world;
const shown = [];  // What the API has shown once and nobody may find again.
before(async () => {
    world = await World.make(settings => {
        settings.log = { level: 'debug' };
        settings.callers[0].rights =
            ['create', 'read', 'close', 'refund', 'redeliver', 'operate'];
    });
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
});
after(() => world?.close());

const lines = () => world.gateway.log().trimEnd().split('\n').map(line => JSON.parse(line));
const seen = event => until(() => lines().some(line => line.event === event), 20_000, event);

test('a day in small', async () => {
    const paid = await world.create({ out_trade_no: 'L1', product: 'qr' });
    await payAtCashier(paid.action, world.url('alipay'));
    await until(async () => (await world.payment('L1')).status === 'paid', 20_000, 'L1 is paid');
    const refund = await world.api('POST', `/v1/payments/${paid.id}/refunds`,
        { out_request_no: 'L1_R', amount: 40 });
    assert.equal(refund.status, 201, JSON.stringify(refund.json));
    const closed = await world.create({ out_trade_no: 'L2', product: 'page' });
    await world.api('GET', `/v1/payments/${closed.id}?refresh=1`);
    await world.api('POST', `/v1/payments/${closed.id}/close`);
    const notification = paidNotification(closed, world.app, { total_amount: '0.01' });
    await world.notify(toForm(signed(notification, world.privateKey('alipay'))));
    await world.notify(toForm(signed(notification, world.privateKey('app'))));
    const { json: endpoint } = await world.api('POST', '/v1/endpoints',
        { id: 'billing', url: 'https://billing.example/events' });
    const { json: token } = await world.api('POST', '/v1/tokens', {});
    const { json: barcode } = await world.api('POST', '/v1/payments', {
        app: 'shop', out_trade_no: 'L3', product: 'barcode', amount: 100, subject: 'A book',
        auth_code: '281234567890123456',
    });
    assert.ok(barcode.id, JSON.stringify(barcode));
    shown.push(endpoint.secret, endpoint.secret.replace('whsec_', ''), token.token,
        '281234567890123456');
    for (const event of ['refund.seen_to', 'notification.unverified', 'difference.opened',
        'delivery.attempt']) await seen(event);
});

test('every line about a request or a payment has its number', () => {
    const always = ['ts', 'level', 'event'];
    const needed = {
        'http.request': ['request_id'],
        'payment.created': ['request_id', 'payment_id'],
        'payment.moved': ['request_id', 'payment_id'],
        'refund.requested': ['request_id', 'payment_id', 'refund_id'],
        'refund.seen_to': ['request_id', 'payment_id', 'refund_id'],
        'alipay.answer': ['request_id', 'payment_id'],
        'notification.received': ['request_id'],
        'notification.unverified': ['request_id'],
        'difference.opened': ['request_id'],
        'endpoint.made': ['request_id'],
        'delivery.attempt': ['event_id'],
    };
    for (const line of lines()) {
        for (const member of [...always, ...(needed[line.event] ?? [])]) {
            assert.ok(line[member], `no ${member}: ${JSON.stringify(line)}`);
        }
        const ofPayment = line.event === 'delivery.attempt' && /^(payment|refund)\./.test(line.type);
        if (ofPayment) assert.match(line.payment_id, /^pay_/, JSON.stringify(line));
    }
    for (const event of ['payment.created', 'refund.seen_to', 'alipay.answer',
        'notification.received', 'notification.unverified', 'delivery.attempt']) {
        assert.ok(lines().some(line => line.event === event), event);
    }
});

test('SIGUSR2 makes it say less, SIGUSR1 more, while it runs', async () => {
    const requests = () => lines().filter(line => line.event === 'http.request').length;
    const changes = () => lines().filter(line => line.event === 'process.log_level');
    const step = async (signal, to) => {
        const count = changes().length;
        world.gateway.signal(signal);
        await until(() => changes().length > count, 5_000, signal);
        assert.equal(changes().at(-1).to, to);
    };
    await step('SIGUSR2', 'info');
    const before = requests();
    assert.equal((await world.api('GET', '/v1/payments?app=shop&order=1')).status, 200);
    await step('SIGUSR2', 'warning');
    await step('SIGUSR2', 'error');
    await step('SIGUSR2', 'error');
    assert.equal(requests(), before);
    for (const to of ['warning', 'info', 'debug', 'debug']) await step('SIGUSR1', to);
    assert.equal((await world.api('GET', '/v1/payments?app=shop&order=1')).status, 200);
    await until(() => requests() > before, 5_000, 'requests are written again');
});

// Every line of a private key, since a part of one is a leak too.
test('no key and no secret stands in it', async () => {
    await world.gateway.stop('SIGTERM');
    const keys = ['app', 'alipay']
        .flatMap(whose => world.read(`${whose}/app_private_key.pem`).split('\n'))
        .filter(line => /^[\w+/=]{16,}$/.test(line));
    const secrets = [...keys, world.shopKey, world.shopKey.replace('tgk_', ''), world.eventSecret,
        world.eventSecret.replace('whsec_', ''), ...shown];
    assert.ok(secrets.length > 40 && secrets.every(secret => secret?.length > 10));
    const log = world.gateway.log() + world.sandbox.log();
    for (const secret of secrets) assert.ok(!log.includes(secret), `${secret.slice(0, 6)}… stands there`);
});
