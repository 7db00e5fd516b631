// Finding payments: by any number, or by app, status and time.
import { useEffect } from 'preact/hooks';
import { dateTime, utcOf, yuan } from '../format';
import { useList } from '../load';
import { Choice, Moment, TextChoice } from '../parts/form';
import { List } from '../parts/list';
import { Badge, When } from '../parts/small';
import { go, goInstead, link, type Route } from '../route';
import type { Payment } from '../types';
import { words } from '../words';

const kStatuses = ['pending', 'unknown', 'closing', 'paid', 'finished', 'refunded', 'closed', 'failed'];
const kFilters = ['q', 'app', 'status', 'since', 'until'] as const;

interface Answer { payments: Payment[]; next: string | null }

export function Payments({ route }: { route: Route }) {
    const asked = Object.fromEntries(kFilters.map(name => [name, route.query.get(name) ?? ''])) as Record<typeof kFilters[number], string>;
    const list = useList('/payments', {
        q: asked.q, app: asked.app, status: asked.status, since: utcOf(asked.since), until: utcOf(asked.until), limit: 50,
    }, (answer: Answer) => ({ rows: answer.payments, next: answer.next }));
    // A number is looked for by itself: a filter begins a list of its own.
    const change = (name: string, value: string) => go(link(['payments'], { ...asked, q: '', [name]: value }));
    const only = list.rows?.length === 1 && !list.more ? list.rows[0] : undefined;
    // A number that fits one payment alone leads there at once.
    useEffect(() => {
        if (only && asked.q !== '' && route.query.get('first') === '1') goInstead(link(['payments', only.id]));
    }, [only?.id, route.text]);
    const w = words().payments;
    const filtered = asked.app !== '' || asked.status !== '' || asked.since !== '' || asked.until !== '';
    const empty = asked.q !== '' ? { title: w.nothing, how: w.nothing_how }
        : filtered ? { title: w.nothing_filter, how: w.nothing_filter_how } : { title: w.empty, how: w.empty_how };
    return (
        <>
            <div class="title"><h1>{words().nav.payments}</h1>
                {asked.q !== '' && <p><span class="chip">{w.for_number(asked.q)} <a href={link(['payments'], { ...asked, q: '' })}>{w.clear}</a></span></p>}
            </div>
            <form class="filters" onSubmit={event => event.preventDefault()}>
                <Choice label={w.status} value={asked.status} options={kStatuses} onChange={value => change('status', value)} />
                <TextChoice label={w.app} value={asked.app} onChange={value => change('app', value)} />
                <Moment label={w.since} value={asked.since} onChange={value => change('since', value)} />
                <Moment label={w.until} value={asked.until} onChange={value => change('until', value)} />
                {(filtered || asked.q !== '') && <a class="reset" href={link(['payments'])}>{words().reset}</a>}
            </form>
            <section class="card scroll">
                <List list={list} name={words().nav.payments} empty={empty}
                    heads={[w.number, w.status, w.amount, w.subject, w.product, w.created]}
                    row={payment => <PaymentRow key={payment.id} payment={payment} />} />
            </section>
        </>
    );
}

function PaymentRow({ payment }: { payment: Payment }) {
    const w = words().payment;
    return (
        <tr class="linked" onClick={event => {
            if (!(event.target as Element).closest('a')) go(link(['payments', payment.id]));
        }}>
            <td><a class="mono strong" href={link(['payments', payment.id])} aria-label={`${payment.out_trade_no}, ${dateTime(payment.created_at)}`}>
                {payment.out_trade_no}</a></td>
            <td><span class="marks"><Badge status={payment.status} />
                {payment.held && <Badge tone="bad">{w.held}</Badge>}
                {payment.late && <Badge tone="wait">{w.late}</Badge>}
                {payment.surplus && <Badge tone="wait">{w.surplus}</Badge>}</span></td>
            <td class="number">{yuan(payment.amount)}</td>
            <td class="text">{payment.subject}</td>
            <td class="soft">{payment.product}</td>
            <td class="soft"><When at={payment.created_at} /></td>
        </tr>
    );
}
