// Stands between the gateway and the pretend Alipay: keeps a copy of every call and of its answer,
// and passes both on byte for byte.
import { createServer } from 'node:http';
import { once } from 'node:events';

async function bytesOf(stream) {
    const parts = [];
    for await (const part of stream) parts.push(part);
    return Buffer.concat(parts).toString();
}

export class Recorder {
    #server;
    #target;
    // {method, target, headers, body, status, answerHeaders, answer}, in the order of arrival.
    exchanges = [];

    constructor() {
        this.#server = createServer(async (request, response) => {
            const body = await bytesOf(request);
            const { method, url: target, headers } = request;
            const { host, connection, 'content-length': length, ...passed } = headers;
            try {
                const reply = await fetch(this.#target + target, {
                    method, headers: passed, body: method === 'POST' ? body : undefined,
                });
                const answer = await reply.text();
                const answerHeaders = Object.fromEntries(reply.headers);
                this.exchanges.push({
                    method, target, headers, body, status: reply.status, answerHeaders, answer,
                });
                const { 'content-length': size, 'transfer-encoding': coding, ...sent } =
                    answerHeaders;
                response.writeHead(reply.status, sent).end(answer);
            } catch {
                response.destroy();
            }
        });
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
