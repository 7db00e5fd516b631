// One payment's life, and what can be done about it now.
import { useState } from 'preact/hooks';
import { useDesk } from '../desk';
import { yuan } from '../format';
import { useLoad } from '../load';
import { Badge, CopyText, Fact, Facts, Fold, Json, Loading, Trouble, When } from '../parts/small';
import { link } from '../route';
import type { Payment, Timeline } from '../types';
import { words } from '../words';
import { PaymentActionDialog, type Chosen } from './payment_actions';
import { TimelineList } from './timeline';

const kPollMs = 5_000;
const kButtons = ['refresh', 'refund', 'cancel', 'close'] as const;

export function PaymentPage({ id }: { id: string }) {
    const { mayAct, say } = useDesk();
    const { data, problem, again } = useLoad<Timeline>(`/payments/${encodeURIComponent(id)}/timeline`, {}, kPollMs);
    const [chosen, setChosen] = useState<Chosen | null>(null);
    const w = words();
    const done = (told: string) => {
        say(told);
        again();
    };
    return (
        <>
            <p><a class="back" href={link(['payments'])}>‹ {w.payment.back}</a></p>
            {problem && <Trouble problem={problem} again={again} />}
            {!data ? !problem && <Loading /> : (
                <>
                    <Head payment={data.payment} />
                    <div class="actions" role="group" aria-label={w.payment.actions}>
                        {kButtons.filter(name => data.actions.includes(name)).map(name => (
                            <button key={name} type="button" class={name === 'refresh' ? '' : 'plain'} data-action={name}
                                onClick={() => setChosen({ name })}>{w.act[name]}</button>
                        ))}
                        {data.actions.includes('settle') && <a class="button" data-action="settle" href={link(['differences'], { payment: id })}>{w.act.settle}</a>}
                        {!data.actions.includes('settle') && !kButtons.some(name => data.actions.includes(name)) &&
                            <span class="soft">{mayAct ? w.payment.no_actions : w.payment.viewer}</span>}
                    </div>
                    <section>
                        <h2>{w.payment.timeline}</h2>
                        <TimelineList entries={data.entries} payment={data.payment}
                            {...(data.actions.includes('redeliver')
                                ? { onRedeliver: (event: string, type: string) => setChosen({ name: 'redeliver', event, type }) } : {})} />
                        {data.cut && <p class="hint">{w.payment.cut}</p>}
                    </section>
                    {chosen && <PaymentActionDialog life={data} chosen={chosen} onDone={done} onClose={() => setChosen(null)} />}
                </>
            )}
        </>
    );
}

function Head({ payment }: { payment: Payment }) {
    const w = words().payment;
    const bare = payment.metadata === null || JSON.stringify(payment.metadata) === '{}';
    return (
        <section class="card head">
            <div class="summary">
                <p class="amount">{yuan(payment.amount)}</p>
                <div>
                    <h1>{payment.subject}</h1>
                    <p class="marks"><Badge status={payment.status} />
                        {payment.held && <Badge tone="bad">{w.held}</Badge>}
                        {payment.late && <Badge tone="wait">{w.late}</Badge>}
                        {payment.surplus && <Badge tone="wait">{w.surplus}</Badge>}
                        {payment.close_requested && payment.status === 'closing' && <Badge tone="wait">{w.close_requested}</Badge>}</p>
                </div>
            </div>
            {payment.held && <p class="note"><strong>{w.held}{words().colon}</strong>{w.held_how}</p>}
            {payment.failure && <p class="note">{w.failure}{words().colon}{payment.failure}</p>}
            <Facts>
                <Fact name={w.out_trade_no}><CopyText text={payment.out_trade_no} /></Fact>
                <Fact name={w.id}><CopyText text={payment.id} /></Fact>
                <Fact name={w.trade_no}>{payment.trade_no ? <CopyText text={payment.trade_no} /> : '–'}</Fact>
                <Fact name={w.order}>{payment.order ? <CopyText text={payment.order} /> : '–'}</Fact>
                <Fact name={w.app}>{payment.app}</Fact>
                <Fact name={w.product}>{payment.product}</Fact>
                <Fact name={w.seller}><span class="mono">{payment.seller_id}</span></Fact>
                <Fact name={w.version}>{payment.version}</Fact>
                <Fact name={w.created}><When at={payment.created_at} /></Fact>
                <Fact name={w.expires}><When at={payment.expires_at} /></Fact>
                <Fact name={w.paid}><When at={payment.paid_at} /></Fact>
            </Facts>
            {!bare && <Fold name={w.metadata}><Json value={payment.metadata} name={w.metadata} /></Fold>}
        </section>
    );
}
