// The pair that `./run` starts: every product bought through the shop, and the gateway away at the
// wrong moments. What both wrote into their logs meanwhile is searched for secrets.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';

import { payAtCashier } from './lib/cashier.mjs';
import { call } from './lib/program.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

let world;
before(async () => {
    world = await World.make(settings => { settings.log = { level: 'debug' }; });
    await Promise.all([world.gateway.start(), world.sandbox.start()]);
});
after(() => world?.close());

async function placeOrder(product) {
    const reply = await fetch(world.url('shop', '/api/orders'), {
        method: 'POST', body: JSON.stringify({ good: 'tea', product }),
    });
    assert.equal(reply.status, 201);
    return reply.json();
}

// What the shop knows of its order: changed by the gateway's events only.
async function shopOrder(number) {
    return (await fetch(world.url('shop', `/api/orders/${number}`))).json();
}

const becomesPaid = number => until(async () => (await shopOrder(number)).status === 'paid',
    20_000, `the shop's order ${number} is paid`);

describe('sandbox drive', () => {
    for (const product of ['page', 'wap', 'qr', 'app']) {
        test(`buys by ${product}`, async () => {
            const done = await call(['sandbox', 'drive', '--shop', world.url('shop'),
                '--alipay', world.url('alipay'), '--product', product]);
            assert.equal(done.code, 0, done.stderr);
            assert.match(done.stdout, /^[^\n]+\n$/, 'one line');
            const report = JSON.parse(done.stdout);
            assert.equal(report.status, 'paid');
            assert.equal(report.event_delivered, true);
            assert.match(report.payment_id, /^pay_/);
            for (const time of ['create_ms', 'notify_to_event_ms']) {
                assert.ok(report[time] >= 0 && report[time] < 5000, `${time} ${report[time]}`);
            }
        });
    }
    test('says why when the shop is not there', async () => {
        const done = await call(['sandbox', 'drive', '--shop', 'http://127.0.0.1:1']);
        assert.deepEqual([done.code, done.stdout], [1, '']);
        assert.match(done.stderr, /placing the order/);
    });
});

describe('the gateway is away', () => {
    for (const signal of ['SIGTERM', 'SIGKILL']) {
        test(`and back (${signal}) between the order and its payment`, async () => {
            const { order, action, payment_id: id } = await placeOrder('page');
            const before = await world.api('GET', `/v1/payments/${id}`);
            await world.gateway.stop(signal);
            await world.gateway.start();
            assert.deepEqual(await world.api('GET', `/v1/payments/${id}`), before);
            await payAtCashier(action, world.url('alipay'));
            await becomesPaid(order);
        });
    }

    test('while the buyer pays: Alipay tells it later', async () => {
        const { order, action } = await placeOrder('wap');
        await world.gateway.stop('SIGTERM');
        await payAtCashier(action, world.url('alipay'));
        await until(async () => {
            const reply = await fetch(world.url('alipay', '/sandbox/notifications'));
            return (await reply.json()).notifications[0].attempts_made > 0;
        }, 10_000, 'a notification has met nobody');
        await world.gateway.start();
        await becomesPaid(order);
    });

    test('while the order is placed: the shop says so and buys again later', async () => {
        await world.gateway.stop('SIGTERM');
        const reply = await fetch(world.url('shop', '/api/orders'), {
            method: 'POST', body: JSON.stringify({ good: 'tea', product: 'qr' }),
        });
        assert.equal(reply.status, 502);
        const { order } = await reply.json();
        await world.gateway.start();
        await fetch(world.url('shop', `/orders/${order}/pay`), { method: 'POST' });
        await payAtCashier((await shopOrder(order)).action, world.url('alipay'));
        await becomesPaid(order);
    });
});

test('an idle pair leaves the processor to others', async () => {
    const services = [world.gateway, world.sandbox];
    const before = services.map(service => service.cpuSeconds());
    await pause(1000);  // What is measured needs its time.
    services.forEach((service, i) => {
        const seconds = service.cpuSeconds() - before[i];
        assert.ok(seconds < 0.2, `${service.args[0]} was busy for ${seconds} s of 1 s`);
    });
});

test('stops in order when asked to, with everything done', async () => {
    assert.deepEqual(await world.gateway.stop('SIGTERM'), { code: 0, signal: null });
    assert.deepEqual(await world.sandbox.stop('SIGINT'), { code: 0, signal: null });
    assert.match(world.gateway.log(), /"event":"process.stopped"/);
});

// Every line of a private key, since a part of one is a leak too.
function secrets() {
    const lines = ['app', 'alipay']
        .flatMap(whose => world.read(`${whose}/app_private_key.pem`).split('\n'))
        .filter(line => /^[\w+/=]{16,}$/.test(line));
    return [...lines, world.shopKey, world.eventSecret, world.eventSecret.replace('whsec_', '')];
}

test('no log holds a secret', () => {
    const logs = world.gateway.log() + world.sandbox.log();
    assert.ok(secrets().length > 40);
    assert.match(logs, /payment.created/);
    for (const secret of secrets()) assert.ok(!logs.includes(secret), 'a secret stands in a log');
    for (const line of logs.trimEnd().split('\n')) {
        const { ts, level, event } = JSON.parse(line);
        assert.ok(ts && level && event, line);
    }
});
