// A relay and a laptop's client of the binary under test, with one tunnel, "alice".
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { callOk, Service } from './program.mjs';
import { until } from './until.mjs';
import { freePort } from './world.mjs';

export class Tunnel {
    // `more` goes into the tunnel's settings, what `prepare` gives into the relay's.
    static async make(more = {}, prepare = async () => ({})) {
        const tunnel = new Tunnel();
        tunnel.folder = mkdtempSync(join(tmpdir(), 'tollgate-tunnel-'));
        const made = await callOk(['tunnel', 'token', 'new', tunnel.path('token')]);
        const hash = /^token_sha256 ([0-9a-f]{64})$/m.exec(made)[1];
        tunnel.port = await freePort();
        writeFileSync(tunnel.path('relay.json'), JSON.stringify({
            listen: `127.0.0.1:${tunnel.port}`, store: { sqlite_file: 'relay.db' },
            tunnels: [{ name: 'alice', token_sha256: [hash], ...more }],
            ...await prepare(tunnel),
        }));
        tunnel.relay = new Service(['tunnel', 'relay', '--config', tunnel.path('relay.json')],
            { log: tunnel.path('relay.log'), ready: `http://127.0.0.1:${tunnel.port}/healthz` });
        return tunnel;
    }

    path(name) {
        return join(this.folder, name);
    }

    // A client that hands callbacks to `to`; started by the caller.
    client(to, options = []) {
        return new Service(['tunnel', 'connect', `http://127.0.0.1:${this.port}`, '--token-file',
            this.path('token'), '--to', to,
            ...(options.includes('--inspect') ? [] : ['--inspect', 'off']), ...options],
            { log: this.path('client.log'), outputFile: this.path('client.out') });
    }

    // Waits until callbacks go through.
    async through() {
        await until(async () => (await this.post('/ready', '')).headers.get('x-tunnel-error') !==
            'offline', 20_000, 'the client is connected');
    }

    post(target, body, headers = {}) {
        return fetch(`http://127.0.0.1:${this.port}/t/alice${target}`,
            { method: 'POST', body, headers, redirect: 'manual' });
    }

    notify(id) {
        return this.post('/notify', `notify_id=${id}&trade_status=TRADE_SUCCESS`,
            { 'content-type': 'application/x-www-form-urlencoded' });
    }

    close({ keep = false } = {}) {
        if (!keep) rmSync(this.folder, { recursive: true, force: true });
    }
}
