// Verifies an event of Tollgate's (the scheme of Standard Webhooks), with Node's own library alone.
import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 300;

// `secrets`: ['whsec_…'], two while one is being changed. `headers`: as Node gives them, by lower-case
// name. `body`: the Buffer as it came; with Express, express.raw({ type: '*/*' }), never express.json().
// Throws when it is not genuine.
export function verifyEvent(secrets, headers, body, now = Date.now() / 1000) {
    const id = headers['webhook-id'] ?? '';
    const timestamp = headers['webhook-timestamp'] ?? '';
    if (id === '' || !/^\d+$/.test(timestamp)) throw new Error('no webhook-id, or no webhook-timestamp');
    if (Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) {
        throw new Error('too old, or this clock is wrong');
    }
    // Several, separated by spaces, while a secret is being changed; versions that we do not know are none.
    const given = (headers['webhook-signature'] ?? '').split(' ')
        .filter((part) => part.startsWith('v1,')).map((part) => Buffer.from(part.slice(3)));
    const genuine = secrets.some((secret) => {
        const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
        const expected = Buffer.from(
            createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64'));
        // Never ===: how long it takes would tell how much of a forgery is right.
        return given.some((signature) =>
            signature.length === expected.length && timingSafeEqual(signature, expected));
    });
    if (!genuine) throw new Error('the signature is not ours');
    return id;
}

// For trying it by hand: the headers in the environment, the body on standard input.
if (process.argv[1] === new URL(import.meta.url).pathname) {
    const parts = [];
    for await (const part of process.stdin) parts.push(part);
    const headers = Object.fromEntries(['webhook-id', 'webhook-timestamp', 'webhook-signature']
        .map((name) => [name, process.env[name.toUpperCase().replace('-', '_')] ?? '']));
    try {
        console.log('verified', verifyEvent(process.argv.slice(2), headers, Buffer.concat(parts)));
    } catch (problem) {
        console.log('refused:', problem.message);
        process.exitCode = 1;
    }
}
