// One gateway with fresh keys and its own folder; with a sandbox and its shop when a test asks.
import { createPrivateKey, createPublicKey, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { callOk, Service } from './program.mjs';

const app = { id: 'shop', appId: '2021000000000001', sellerId: '2088000000000001' };

// A port that nobody listens at. Not one that the system would give: those are also what outgoing
// connections get for themselves, and a gateway that is started again wants its own one back.
export async function freePort() {
    for (;;) {
        const port = randomInt(12_000, 32_000);
        const server = createServer().listen(port, '127.0.0.1');
        try {
            await once(server, 'listening');
        } catch {
            continue;
        }
        await once(server.close(), 'close');
        return port;
    }
}

async function freePorts(names) {
    const ports = new Set();
    while (ports.size < names.length) ports.add(await freePort());
    return Object.fromEntries([...ports].map((port, i) => [names[i], port]));
}

function gatewaySettings(ports, keyHash) {
    const publicAddress = `127.0.0.1:${ports.public}`;
    return {
        store: { sqlite_file: 'tollgate.db' },
        public: { listen: publicAddress, base_url: `http://${publicAddress}` },
        api: { listen: `127.0.0.1:${ports.api}` },
        operator: { listen: `127.0.0.1:${ports.operator}` },
        apps: [{
            id: app.id, app_id: app.appId, seller_ids: [app.sellerId],
            gateway_url: `http://127.0.0.1:${ports.alipay}/gateway.do`,
            private_key: { file: 'app/app_private_key.pem' },
            alipay_public_keys: [{ file: 'alipay/app_public_key.pem' }],
        }],
        callers: [{
            id: 'shop', key_sha256: [keyHash], apps: [app.id], rights: ['create', 'read'],
        }],
        endpoints: [{
            id: 'shop', url: `http://127.0.0.1:${ports.shop}/events`,
            secrets: [{ file: 'event_secret' }],
        }],
    };
}

function sandboxSettings(ports) {
    return {
        alipay: {
            listen: `127.0.0.1:${ports.alipay}`,
            private_key: { file: 'alipay/app_private_key.pem' },
            time_scale: 600,  // The wait of 4 minutes after a failed notification takes 0.4 s.
            apps: [{
                app_id: app.appId, seller_id: app.sellerId, name: 'The pretend shop',
                app_public_key: { file: 'app/app_public_key.pem' },
            }],
        },
        shop: {
            listen: `127.0.0.1:${ports.shop}`, gateway: `http://127.0.0.1:${ports.api}`,
            app: app.id, api_key: { file: 'shop_key' }, event_secret: { file: 'event_secret' },
        },
    };
}

export class World {
    app = app;

    // `adjust(settings, ports, sandbox)` may change the gateway's settings, and the sandbox's, before
    // they are written.
    static async make(adjust = () => {}) {
        const world = new World();
        world.folder = mkdtempSync(join(tmpdir(), 'tollgate-end-to-end-'));
        await callOk(['keys', 'new', world.path('app'), '--demo']);
        await callOk(['keys', 'new', world.path('alipay'), '--demo']);
        await callOk(['keys', 'webhook', world.path('event_secret')]);
        const made = await callOk(['keys', 'caller', world.path('shop_key')]);
        world.eventSecret = world.read('event_secret').trim();
        world.shopKey = world.read('shop_key').trim();
        const keyHash = /^key_sha256 ([0-9a-f]{64})$/m.exec(made)[1];

        const ports = await freePorts(['public', 'api', 'operator', 'alipay', 'shop']);
        world.settings = gatewaySettings(ports, keyHash);
        const sandbox = sandboxSettings(ports);
        adjust(world.settings, ports, sandbox);
        world.write('tollgate.json', world.settings);
        world.write('sandbox.json', sandbox);
        world.ports = ports;
        world.gateway = new Service(['serve', '--config', world.path('tollgate.json')],
            { log: world.path('gateway.log'), ready: world.url('operator', '/readyz') });
        world.sandbox = new Service(['sandbox', '--config', world.path('sandbox.json')],
            { log: world.path('sandbox.log'), ready: world.url('shop', '/') });
        return world;
    }

    path(name) {
        return join(this.folder, name);
    }

    read(name) {
        return readFileSync(this.path(name), 'utf8');
    }

    write(name, json) {
        writeFileSync(this.path(name), JSON.stringify(json, null, 4));
    }

    url(port, path = '') {
        return `http://127.0.0.1:${this.ports[port]}${path}`;
    }

    // Of 'app' (ours) or 'alipay' (whom notifications come from).
    privateKey(whose) {
        return createPrivateKey(this.read(`${whose}/app_private_key.pem`));
    }

    publicKey(whose) {
        return createPublicKey(this.read(`${whose}/app_public_key.pem`));
    }

    async api(method, path, body) {
        const reply = await fetch(this.url('api', path), {
            method, body: body && JSON.stringify(body),
            headers: {
                authorization: `Bearer ${this.shopKey}`, 'content-type': 'application/json',
            },
        });
        return { status: reply.status, json: await reply.json() };
    }

    async create(fields) {
        const { status, json } = await this.api('POST', '/v1/payments',
            { app: app.id, amount: 100, subject: 'A book', ...fields });
        if (status !== 201) throw new Error(`create: ${status} ${JSON.stringify(json)}`);
        return json;
    }

    // The payment of this number as the gateway has it now, or undefined.
    async payment(outTradeNo, appId = app.id) {
        const query = new URLSearchParams({ app: appId, out_trade_no: outTradeNo });
        return (await this.api('GET', `/v1/payments?${query}`)).json.payments[0];
    }

    // Posts the body as Alipay would. Gives the status and the text of the answer.
    async notify(body) {
        const reply = await fetch(this.url('public', `/alipay/${app.id}/notify`), {
            method: 'POST', body,
            headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
        });
        return { status: reply.status, text: await reply.text() };
    }

    // Ends both services and removes the folder; after a failure it stays, to be looked into.
    async close({ keep = false } = {}) {
        await Promise.all([this.gateway.stop('SIGKILL'), this.sandbox.stop('SIGKILL')]);
        if (!keep) rmSync(this.folder, { recursive: true, force: true });
    }
}
