// Payments that wait to be paid, before anything is measured. Usage: node seed.mjs SETTINGS.json COUNT
import {readFileSync} from 'node:fs';

import {Store} from './store.mjs';

const settings = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const store = new Store(settings.sqlite_file);
const payments = [];
for (let i = 0; i < Number(process.argv[3]); ++i) {
    payments.push({
        outTradeNo: `B${String(i).padStart(8, '0')}`, sellerId: settings.seller_id, amountFen: 1000,
        subject: 'A bookmark',
    });
}
store.seed(payments);
store.close();
