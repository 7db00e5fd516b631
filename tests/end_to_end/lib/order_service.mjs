// The order service in small: takes events, has every one verified by the Standard Webhooks
// library, and remembers them.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { Webhook } from 'standardwebhooks';

export class OrderService {
    #server;
    deliveries = [];  // {id, body, event} in the order of arrival; what was answered 5xx as well.
    refused = [];     // What the library did not accept: must stay empty.

    // `answer(delivery, nth)` chooses the status of the nth delivery of one event id (from 1).
    constructor(secret, answer = () => 204) {
        const library = new Webhook(secret);
        const seen = new Map();
        this.#server = createServer(async (request, response) => {
            const parts = [];
            for await (const part of request) parts.push(part);
            const body = Buffer.concat(parts).toString();
            let event;
            try {
                event = library.verify(body, request.headers);
            } catch (problem) {
                this.refused.push(`${problem.message}: ${body}`);
                response.writeHead(401).end();
                return;
            }
            const id = request.headers['webhook-id'];
            const nth = (seen.get(id) ?? 0) + 1;
            seen.set(id, nth);
            const delivery = { id, body, event };
            this.deliveries.push(delivery);
            response.writeHead(answer(delivery, nth)).end();
        });
    }

    async start(port) {
        this.#server.listen(port, '127.0.0.1');
        await once(this.#server, 'listening');
    }

    async stop() {
        this.#server.closeAllConnections();
        this.#server.close();
        await once(this.#server, 'close');
    }

    ofPayment(number) {
        return this.deliveries.filter(({ event }) => event.data.payment?.out_trade_no === number);
    }
}
