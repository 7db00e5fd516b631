// The official Node SDK over HTTP, v2 and v3, key and certificate mode, content encryption on and
// off. In Alipay's place stands a server that lets our signing judge what the SDK sent, and sign and
// encrypt what the SDK then judges.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { AlipaySdk } from 'alipay-sdk';

import { startPeer } from './peer.mjs';

const peer = startPeer(process.env.SIGNING_PEER);
const appId = '2021000000000001';
const encryptKey = randomBytes(16).toString('base64');

function keyPair() {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    return {
        pkcs1: privateKey.export({ type: 'pkcs1', format: 'der' }).toString('base64'),
        pem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
        spki: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    };
}

const app = keyPair();
const alipay = keyPair();

const folder = mkdtempSync(join(tmpdir(), 'tollgate-certificates-'));
const openssl = (...args) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });

// A root, and the two certificates that it issues, named as Alipay names them.
function certificates() {
    const subject = name => `/C=CN/O=Test/OU=Alipay/CN=${name}`;
    const issue = (name, subjectName, key, ...how) => {
        writeFileSync(join(folder, `${name}.key`), key, { mode: 0o600 });
        openssl('req', '-new', '-key', `${name}.key`, '-subj', subject(subjectName), '-out', `${name}.csr`);
        writeFileSync(join(folder, 'extensions'), `basicConstraints=CA:${name === 'root' ? 'TRUE' : 'FALSE'}\n`);
        openssl('x509', '-req', '-in', `${name}.csr`, '-days', '30', '-out', `${name}.crt`,
            '-extfile', 'extensions', ...how);
        return readFileSync(join(folder, `${name}.crt`), 'utf8');
    };
    const root = issue('root', 'Test R1', keyPair().pem, '-signkey', 'root.key', '-set_serial', '77');
    const byRoot = serial => ['-CA', 'root.crt', '-CAkey', 'root.key', '-set_serial', serial];
    return {
        root,
        // As long as Alipay's own serial numbers.
        app: issue('app', `2088-${appId}`, app.pem, ...byRoot('42701552708448241360226107228231049510')),
        alipay: issue('alipay', 'alipay-2088', alipay.pem, ...byRoot('2')),
    };
}
const files = certificates();

after(() => {
    peer.stop();
    rmSync(folder, { recursive: true });
});

const ask = async (op, request) => {
    const answer = await peer.ask(op, request);
    assert.equal(answer.ok, true, `${op}: ${answer.reason}`);
    return answer;
};

let server;
let seen;    // What the SDK sent last.
let answer;  // (seen) => {status, headers, body}
before(async () => {
    server = createServer((request, response) => {
        const parts = [];
        request.on('data', part => parts.push(part));
        request.on('end', async () => {
            seen = {
                method: request.method, target: request.url, headers: request.headers,
                body: Buffer.concat(parts).toString('utf8'),
            };
            const { headers = {}, body } = await answer(seen);
            response.writeHead(200, headers);
            response.end(body);
        });
    });
    await new Promise(done => server.listen(0, '127.0.0.1', done));
});
after(() => server.close());

const address = () => `http://127.0.0.1:${server.address().port}`;

function sdk(mode) {
    const trust = mode === 'key'
        ? { alipayPublicKey: alipay.spki }
        : {
            appCertContent: files.app, alipayPublicCertContent: files.alipay,
            alipayRootCertContent: files.root,
        };
    return new AlipaySdk({
        appId, privateKey: app.pkcs1, keyType: 'PKCS1', signType: 'RSA2', encryptKey, camelcase: false,
        gateway: `${address()}/gateway.do`, endpoint: address(), ...trust,
    });
}

const ownKey = async mode =>
    (mode === 'key' ? app.spki : (await ask('serial_names', { pem: files.app })).public_key);

const text = '测试商品 a+b & "c" 50% 🧧';
const node = { code: '10000', msg: 'Success', out_trade_no: 'T1', subject: text };

for (const mode of ['key', 'certificate']) {
    for (const encrypted of [false, true]) {
        const what = `${mode} mode, ${encrypted ? 'encrypted' : 'in the clear'}`;

        test(`v2, ${what}`, async () => {
            let verified;
            answer = async request => {
                const form = [request.target.split('?')[1], request.body].filter(Boolean).join('&');
                verified = await ask('verify_request',
                    { public_key: await ownKey(mode), sign_type: 'RSA2', form });
                let value = JSON.stringify(node);
                if (encrypted) {
                    value = JSON.stringify((await ask('encrypt',
                        { key: encryptKey, encrypt_type: 'AES', content: value })).content);
                }
                const { sign } = await ask('sign_text', { private_key: alipay.pem, text: value });
                return { body: `{"alipay_trade_query_response":${value},"sign":"${sign}"}` };
            };
            const biz = { out_trade_no: 'T1', note: text };
            const result = await sdk(mode).exec('alipay.trade.query',
                { bizContent: biz, needEncrypt: encrypted },
                // The SDK cannot find the signed text of an answer that is a string.
                { validateSign: !encrypted });
            assert.deepEqual({ ...result }, node);

            const sent = Object.fromEntries(verified.fields);
            let content = sent.biz_content;
            if (encrypted) {
                assert.equal(sent.encrypt_type, 'AES');
                content = (await ask('decrypt',
                    { key: encryptKey, encrypt_type: 'AES', content })).content;
            }
            assert.deepEqual(JSON.parse(content), biz);
            if (mode === 'certificate') {
                const names = await ask('serial_names', { pem: files.app });
                const roots = await ask('serial_names', { pem: files.root });
                assert.equal(sent.app_cert_sn, names.sn);
                assert.equal(sent.alipay_root_cert_sn, roots.root_sn);
            }
            // What the SDK signed we sign alike.
            const ours = await ask('sign_request', {
                private_key: app.pem, sign_type: 'RSA2',
                fields: verified.fields.filter(([name]) => name !== 'sign'),
            });
            assert.equal(ours.sign, sent.sign);
        });

        for (const token of ['', '201510BBb507dc9f5efe41a0b98ae22f01519X62']) {
            test(`v3, ${what}${token && ', for a merchant'}`, async () => {
                answer = async () => {
                    let body = JSON.stringify({ trade_no: '1', subject: text });
                    if (encrypted) {
                        body = (await ask('encrypt',
                            { key: encryptKey, encrypt_type: 'AES', content: body })).content;
                    }
                    const timestamp = String(Date.now());
                    const nonce = randomBytes(16).toString('hex');
                    const { sign } = await ask('sign_text',
                        { private_key: alipay.pem, text: `${timestamp}\n${nonce}\n${body}\n` });
                    const headers = {
                        'alipay-timestamp': timestamp, 'alipay-nonce': nonce, 'alipay-signature': sign,
                    };
                    if (mode === 'certificate') {
                        headers['alipay-sn'] = (await ask('serial_names', { pem: files.alipay })).sn;
                    }
                    return { headers, body };
                };
                const biz = { out_trade_no: 'T1', note: text };
                const result = await sdk(mode).curl('POST', '/v3/alipay/trade/query', {
                    body: biz, needEncrypt: encrypted, ...(token && { appAuthToken: token }),
                });
                assert.deepEqual(result.data, { trade_no: '1', subject: text });
                await repeat(seen, mode, token);
                let content = seen.body;
                if (encrypted) {
                    content = (await ask('decrypt',
                        { key: encryptKey, encrypt_type: 'AES', content })).content;
                }
                assert.deepEqual(JSON.parse(content), biz);
            });
        }
    }

    test(`v3 by GET, ${mode} mode`, async () => {
        answer = async () => {
            const { sign } = await ask('sign_text', { private_key: alipay.pem, text: '1\nn\n{}\n' });
            return {
                headers: { 'alipay-timestamp': '1', 'alipay-nonce': 'n', 'alipay-signature': sign },
                body: '{}',
            };
        };
        await sdk(mode).curl('GET', '/v3/alipay/data/dataservice/bill/downloadurl/query',
            { query: { bill_type: 'trade', bill_date: '2026-01-02', note: text } });
        await repeat(seen, mode, '');
    });

    test(`v3, ${mode} mode: the SDK refuses an answer that we signed for another body`, async () => {
        answer = async () => {
            const { sign } = await ask('sign_text', { private_key: alipay.pem, text: '1\nn\n{}\n' });
            return {
                headers: { 'alipay-timestamp': '1', 'alipay-nonce': 'n', 'alipay-signature': sign },
                body: '{"a":1}',
            };
        };
        await assert.rejects(sdk(mode).curl('POST', '/v3/alipay/trade/query', { body: {} }),
            { code: 'response-signature-verify-error' });
    });
}

// The header that the SDK made is, byte for byte, the one that we make of the same parts: RSA's
// signatures leave nothing to chance.
async function repeat(request, mode, token) {
    const { authorization } = request.headers;
    const parts = Object.fromEntries(authorization.slice(authorization.indexOf(' ') + 1).split(',')
        .map(part => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]));
    const names = await ask('serial_names', { pem: files.app });
    const roots = await ask('serial_names', { pem: files.root });
    const certified = mode === 'certificate';
    assert.equal(parts.app_cert_sn, certified ? names.sn : undefined);
    assert.equal(request.headers['alipay-root-cert-sn'], certified ? roots.root_sn : undefined);
    const ours = await ask('authorize_v3', {
        private_key: app.pem, app_id: appId, app_cert_sn: certified ? names.sn : '',
        nonce: parts.nonce, timestamp: Number(parts.timestamp), http_method: request.method,
        target: request.target, body: request.body, app_auth_token: token,
    });
    assert.equal(ours.authorization, authorization);
}
