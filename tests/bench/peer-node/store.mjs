// The peer's tables and what it does with them, one transaction for as many requests as are waiting.
import Database from 'better-sqlite3';

const SCHEMA = `
CREATE TABLE IF NOT EXISTS payment (
    id INTEGER PRIMARY KEY,
    out_trade_no TEXT NOT NULL UNIQUE,
    seller_id TEXT NOT NULL,
    status TEXT NOT NULL,
    amount_fen INTEGER NOT NULL,
    subject TEXT NOT NULL,
    trade_no TEXT,
    action TEXT,
    created_ms INTEGER NOT NULL,
    paid_ms INTEGER
) STRICT;
CREATE TABLE IF NOT EXISTS notification (
    id INTEGER PRIMARY KEY,
    notify_id TEXT NOT NULL UNIQUE,
    out_trade_no TEXT NOT NULL,
    trade_status TEXT NOT NULL,
    body TEXT NOT NULL,
    received_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY,
    type TEXT NOT NULL,
    payload TEXT NOT NULL,
    created_ms INTEGER NOT NULL,
    sent_ms INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_unsent ON outbox (id) WHERE sent_ms IS NULL;
`;

const PAID = new Set(['TRADE_SUCCESS', 'TRADE_FINISHED']);

export class Store {
    #db;
    #waiting = [];
    #addPayment;
    #payment;
    #addNotification;
    #pay;
    #addEvent;
    #batch;

    constructor(file) {
        this.#db = new Database(file);
        this.#db.pragma('journal_mode = WAL');
        this.#db.pragma('synchronous = FULL');
        this.#db.pragma('cache_size = -65536');
        this.#db.exec(SCHEMA);
        this.#addPayment = this.#db.prepare(
            `INSERT INTO payment (out_trade_no, seller_id, status, amount_fen, subject, action, created_ms)
             VALUES (?, ?, 'pending', ?, ?, ?, ?) ON CONFLICT (out_trade_no) DO NOTHING`);
        this.#payment = this.#db.prepare('SELECT * FROM payment WHERE out_trade_no = ?');
        this.#addNotification = this.#db.prepare(
            `INSERT INTO notification (notify_id, out_trade_no, trade_status, body, received_ms)
             VALUES (?, ?, ?, ?, ?) ON CONFLICT (notify_id) DO NOTHING`);
        this.#pay = this.#db.prepare(
            `UPDATE payment SET status = 'paid', trade_no = ?, paid_ms = ?
             WHERE id = ? AND status = 'pending'`);
        this.#addEvent = this.#db.prepare(
            'INSERT INTO outbox (type, payload, created_ms) VALUES (?, ?, ?)');
        this.#batch = this.#db.transaction((units) => units.map((unit) => unit.work()));
    }

    // Durable when it resolves. All that came in one turn of the loop share one COMMIT.
    #submit(work) {
        return new Promise((resolve, reject) => {
            this.#waiting.push({work, resolve, reject});
            if (this.#waiting.length === 1) setImmediate(() => this.#commit());
        });
    }

    #commit() {
        const units = this.#waiting;
        this.#waiting = [];
        try {
            const results = this.#batch.immediate(units);
            units.forEach((unit, i) => unit.resolve(results[i]));
        } catch (error) {
            units.forEach((unit) => unit.reject(error));
        }
    }

    // True: it is new.
    addPayment({outTradeNo, sellerId, amountFen, subject, action}) {
        return this.#submit(() => this.#addPayment.run(outTradeNo, sellerId, amountFen, subject,
            action, Date.now()).changes === 1);
    }

    // 'recorded', 'duplicate', or 'unknown' for a payment that is not ours or differs.
    record(fields, body) {
        return this.#submit(() => {
            const payment = this.#payment.get(fields.out_trade_no);
            const amount = Math.round(Number(fields.total_amount) * 100);
            if (!payment || payment.amount_fen !== amount || payment.seller_id !== fields.seller_id) {
                return 'unknown';
            }
            const now = Date.now();
            const added = this.#addNotification.run(fields.notify_id, fields.out_trade_no,
                fields.trade_status, body, now);
            if (added.changes === 0) return 'duplicate';
            if (PAID.has(fields.trade_status)
                && this.#pay.run(fields.trade_no, now, payment.id).changes === 1) {
                this.#addEvent.run('payment.paid', JSON.stringify({
                    out_trade_no: fields.out_trade_no, trade_no: fields.trade_no, amount,
                }), now);
            }
            return 'recorded';
        });
    }

    // For the measurement: payments that wait to be paid.
    seed(payments) {
        this.#db.transaction(() => {
            for (const {outTradeNo, sellerId, amountFen, subject} of payments) {
                this.#addPayment.run(outTradeNo, sellerId, amountFen, subject, null, Date.now());
            }
        })();
    }

    count(table) {
        return this.#db.prepare(`SELECT count(*) AS n FROM ${table}`).get().n;
    }

    close() {
        this.#db.close();
    }
}
