// Stands before the gateway's public door: keeps a copy of every body and passes it on unchanged.
import { createServer } from 'node:http';
import { once } from 'node:events';

export class Postbox {
    #server;
    #target;
    bodies = [];

    constructor() {
        this.#server = createServer(async (request, response) => {
            const parts = [];
            for await (const part of request) parts.push(part);
            const body = Buffer.concat(parts);
            this.bodies.push(body.toString());
            try {
                const reply = await fetch(this.#target + request.url, {
                    method: request.method, redirect: 'manual',
                    headers: { 'content-type': request.headers['content-type'] ?? '' },
                    body: request.method === 'POST' ? body : undefined,
                });
                response.writeHead(reply.status).end(Buffer.from(await reply.arrayBuffer()));
            } catch {
                response.destroy();  // As if the gateway itself were away.
            }
        });
    }

    // Gives the address to listen at.
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
