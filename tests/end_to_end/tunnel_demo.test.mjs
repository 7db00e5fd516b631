// What `./run demo --tunnel` starts: the gateway's public address is a relay's, and whatever Alipay
// sends reaches the gateway through the laptop's client alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { payAtCashier } from './lib/cashier.mjs';
import { call } from './lib/program.mjs';
import { Tunnel } from './lib/tunnel.mjs';
import { until } from './lib/until.mjs';
import { World } from './lib/world.mjs';

let world, tunnel, client;
before(async () => {
    tunnel = await Tunnel.make();
    world = await World.make(settings => {
        settings.public.base_url = `http://127.0.0.1:${tunnel.port}/t/alice`;
    });
    client = tunnel.client(world.url('public'));
    await Promise.all([world.gateway.start(), world.sandbox.start(), tunnel.relay.start()]);
    client.spawn();
    await tunnel.through();
});
after(async () => {
    await Promise.all([client?.stop('SIGKILL'), tunnel?.relay.stop('SIGKILL')]);
    await world?.close();
    tunnel?.close();
});

async function shopOrder(number) {
    return (await fetch(world.url('shop', `/api/orders/${number}`))).json();
}

async function notifications() {
    const reply = await fetch(world.url('alipay', '/sandbox/notifications'));
    return (await reply.json()).notifications;
}

test('one order is bought, and its buyer comes back, through the tunnel', async () => {
    const done = await call(['sandbox', 'drive', '--shop', world.url('shop'),
        '--alipay', world.url('alipay'), '--product', 'page']);
    assert.equal(done.code, 0, done.stderr);
    const report = JSON.parse(done.stdout);
    assert.deepEqual([report.status, report.event_delivered], ['paid', true]);
});

test('what is paid while the client is away turns paid when it is back', async () => {
    const made = await fetch(world.url('shop', '/api/orders'), {
        method: 'POST', body: JSON.stringify({ good: 'tea', product: 'qr' }),
    });
    const { order, action } = await made.json();
    await client.stop('SIGTERM');
    await payAtCashier(action, world.url('alipay'));
    await until(async () => (await notifications())[0].attempts_made > 0, 20_000,
        'a notification has met nobody');
    assert.notEqual((await shopOrder(order)).status, 'paid');
    client.spawn();
    await until(async () => (await shopOrder(order)).status === 'paid', 20_000,
        `the shop's order ${order} is paid`);
});
