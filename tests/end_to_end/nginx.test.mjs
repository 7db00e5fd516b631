// config/nginx.conf, as a real nginx reads it: a signed notification passes byte for byte, and nothing but
// /alipay/ is reached.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { request } from 'node:https';
import { after, before, test } from 'node:test';

import { paidNotification, signed, toForm } from './lib/notification.mjs';
import { callOk } from './lib/program.mjs';
import { until } from './lib/until.mjs';
import { freePort, World } from './lib/world.mjs';

let world, nginx, port;
const name = 'pay.example.com';

// {status, text} of what comes back over TLS, whose certificate is checked.
async function ask(path, { body, headers = {} } = {}) {
    const ca = readFileSync(world.path('tls/relay_cert.pem'));
    const outgoing = request({ host: '127.0.0.1', port, path, ca, servername: name, agent: false,
        method: body === undefined ? 'GET' : 'POST', headers: { host: name, ...headers } });
    outgoing.end(body);
    const [incoming] = await once(outgoing, 'response');
    const parts = [];
    for await (const part of incoming) parts.push(part);
    return { status: incoming.statusCode, text: Buffer.concat(parts).toString() };
}

before(async () => {
    world = await World.make();
    await world.gateway.start();
    port = await freePort();
    await callOk(['tunnel', 'certificate', 'new', world.path('tls'), '--name', name]);
    mkdirSync(world.path('nginx'));
    // The shipped file, with this machine's ports and certificate; nothing else may have to change.
    let text = readFileSync(process.env.TOLLGATE_NGINX_CONF, 'utf8');
    for (const [from, to] of [['127.0.0.1:8600', `127.0.0.1:${world.ports.public}`],
        ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
        ['/etc/tollgate/tls/fullchain.pem', world.path('tls/relay_cert.pem')],
        ['/etc/tollgate/tls/privkey.pem', world.path('tls/relay_key.pem')]]) {
        assert.ok(text.includes(from), from);
        text = text.replace(from, to);
    }
    writeFileSync(world.path('nginx/tollgate.conf'), text);
    writeFileSync(world.path('nginx/nginx.conf'), `
daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
events {}
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    include tollgate.conf;
}`);
    nginx = spawn('nginx', ['-p', world.path('nginx'), '-c', 'nginx.conf', '-e', 'stderr'],
        { stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    await until(() => ask('/'), 10_000, 'nginx is ready');
});
after(async () => {
    if (nginx) {
        const gone = once(nginx, 'exit');
        nginx.kill('SIGTERM');
        await gone;
    }
    await world?.close();
});

test('a signed notification comes through, and is answered with success', async () => {
    const payment = await world.create({ product: 'page', out_trade_no: 'NGX_1', amount: 1_000 });
    const body = toForm(signed(paidNotification(payment, world.app), world.privateKey('alipay')));
    const done = await ask('/alipay/shop/notify', { body,
        headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } });
    assert.deepEqual(done, { status: 200, text: 'success' });
    assert.equal((await world.payment('NGX_1')).status, 'paid');
});

test('what docs/going-live.md has one try says that it came through', async () => {
    assert.deepEqual(await ask('/alipay/shop/notify', { body: 'a=b' }), { status: 400, text: 'fail' });
});

test('no other door is there', async () => {
    for (const path of ['/', '/v1/payments', '/readyz', '/healthz', '/alipays/shop/notify']) {
        assert.equal((await ask(path)).status, 404, path);
    }
});
