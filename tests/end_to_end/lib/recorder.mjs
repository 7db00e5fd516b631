// Stands before a server (the gateway's public door, the pretend Alipay): keeps a copy of every
// exchange and passes both halves on byte for byte.
import { createServer } from 'node:http';
import { once } from 'node:events';

async function bytesOf(stream) {
    const parts = [];
    for await (const part of stream) parts.push(part);
    return Buffer.concat(parts);
}

export class Recorder {
    #server;
    #target;
    #arrived = [];

    constructor() {
        this.#server = createServer(async (request, response) => {
            const sent = await bytesOf(request);
            const { method, url: target, headers } = request;
            const { host, connection, 'content-length': length, ...passed } = headers;
            const exchange = { method, target, headers, body: sent.toString() };
            this.#arrived.push(exchange);
            try {
                const reply = await fetch(this.#target + target, {
                    method, redirect: 'manual', headers: passed,
                    body: method === 'POST' ? sent : undefined,
                });
                const answer = Buffer.from(await reply.arrayBuffer());
                const answerHeaders = Object.fromEntries(reply.headers);
                Object.assign(exchange,
                    { status: reply.status, answerHeaders, answer: answer.toString() });
                const { 'content-length': size, 'transfer-encoding': coding, ...given } =
                    answerHeaders;
                response.writeHead(reply.status, given).end(answer);
            } catch {
                response.destroy();  // As if the server itself were away.
            }
        });
    }

    // {method, target, headers, body, status, answerHeaders, answer}, in the order of arrival.
    get exchanges() {
        return this.#arrived.filter(({ status }) => status !== undefined);
    }

    // Of those without an answer as well.
    get bodies() {
        return this.#arrived.map(({ body }) => body);
    }

    // Gives the address to call.
    async start() {
        this.#server.listen(0, '127.0.0.1');
        await once(this.#server, 'listening');
        return `http://127.0.0.1:${this.#server.address().port}`;
    }

    forwardTo(address) {
        this.#target = address;
    }

    async stop() {
        this.#server.closeAllConnections();
        this.#server.close();
        await once(this.#server, 'close');
    }
}
