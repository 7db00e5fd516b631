// A laptop with nginx and two virtual hosts: every callback reaches the right one, on kept
// connections as well. Also: what the command line refuses.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { after, before, test } from 'node:test';

import { call } from './lib/program.mjs';
import { Tunnel } from './lib/tunnel.mjs';
import { until } from './lib/until.mjs';
import { freePort } from './lib/world.mjs';

let tunnel, client, nginx, port;

before(async () => {
    tunnel = await Tunnel.make();
    port = await freePort();
    mkdirSync(tunnel.path('nginx'));
    writeFileSync(tunnel.path('nginx/nginx.conf'), `
daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
events {}
http {
    log_format lines '$connection $host $status';
    access_log access.log lines;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server { listen 127.0.0.1:${port} default_server; return 404 "nobody of that name"; }
    server { listen 127.0.0.1:${port}; server_name pay.local; return 200 "pay"; }
}`);
    nginx = spawn('nginx', ['-p', tunnel.path('nginx'), '-c', 'nginx.conf', '-e', 'stderr'],
        { stdio: 'inherit', env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    await until(() => fetch(`http://127.0.0.1:${port}/`), 10_000, 'nginx is ready');
    await tunnel.relay.start();
});
after(async () => {
    const gone = once(nginx, 'exit');
    nginx.kill('SIGTERM');
    await Promise.all([gone, tunnel.relay.stop('SIGKILL'), client?.stop('SIGKILL')]);
    tunnel.close();
});

async function answers(count) {
    const texts = [];
    for (let i = 0; i < count; ++i) texts.push(await (await tunnel.post(`/n${i}`, 'x')).text());
    return texts;
}

test('100 of 100 callbacks reach the virtual host that --host names', async () => {
    client = tunnel.client(`http://127.0.0.1:${port}`, ['--host', 'pay.local']);
    client.spawn();
    await tunnel.through();
    assert.deepEqual(await answers(100), Array(100).fill('pay'));
    const lines = readFileSync(tunnel.path('nginx/access.log'), 'utf8').trim().split('\n')
        .filter(line => line.endsWith(' pay.local 200'));
    const connections = new Set(lines.map(line => line.split(' ')[0]));
    assert.ok(lines.length >= 100);
    assert.ok(connections.size < 20, `${connections.size} connections: they are not kept`);
});

test('Without it nginx sees the public name, and nobody has that one', async () => {
    await client.stop();
    client = tunnel.client(`http://127.0.0.1:${port}`, ['--host', 'keep']);
    client.spawn();
    await tunnel.through();
    assert.deepEqual(await answers(3), Array(3).fill('nobody of that name'));
});

test('The command line explains what it refuses', async () => {
    const connect = (...more) => call(['tunnel', 'connect', `http://127.0.0.1:${tunnel.port}`,
        ...more]);
    writeFileSync(tunnel.path('other'), 'tgt_other\n');
    const refused = await connect('--token-file', tunnel.path('other'), '--to',
        'http://127.0.0.1:1');
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /refuses the token/);
    const noApp = await connect('--token-file', tunnel.path('token'), '--to', 'nowhere');
    assert.equal(noApp.code, 2);
    assert.match(noApp.stderr, /--to takes an address/);
    writeFileSync(tunnel.path('bad.json'), '{"listen": 1, "tunnels": []}');
    const bad = await call(['tunnel', 'relay', '--config', tunnel.path('bad.json')]);
    assert.equal(bad.code, 78);
    assert.match(bad.stderr, /\/listen: .*\n\/store: is missing\n\/tunnels: /);
});
