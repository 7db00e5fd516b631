// What Alipay has sent, what we made of it, and why.
import { useState } from 'preact/hooks';
import { ask } from '../api';
import { useDesk } from '../desk';
import { utcOf } from '../format';
import { useList } from '../load';
import { ActionDialog } from '../parts/dialog';
import { Choice, Moment, TextChoice } from '../parts/form';
import { List } from '../parts/list';
import { OpeningRow } from '../parts/opening_row';
import { Badge, Fact, Facts, Json, statusWord, When } from '../parts/small';
import { go, link, type Route } from '../route';
import type { Notification } from '../types';
import { words } from '../words';

const kVerdicts = ['accepted', 'stale', 'ignored', 'rejected'];
const kFilters = ['verdict', 'app', 'payment', 'since', 'until'] as const;

interface Answer { notifications: Notification[]; next: string | null }

export function Notifications({ route }: { route: Route }) {
    const { say } = useDesk();
    const asked = Object.fromEntries(kFilters.map(name => [name, route.query.get(name) ?? ''])) as Record<typeof kFilters[number], string>;
    const list = useList('/v1/notifications', {
        ...asked, since: utcOf(asked.since), until: utcOf(asked.until), limit: 50,
    }, (answer: Answer) => ({ rows: answer.notifications, next: answer.next }));
    const [chosen, setChosen] = useState<Notification | null>(null);
    const change = (name: string, value: string) => go(link(['notifications'], { ...asked, [name]: value }));
    const w = words();
    const n = w.notifications;
    const filtered = kFilters.some(name => asked[name] !== '');
    return (
        <>
            <div class="title"><h1>{w.nav.notifications}</h1></div>
            <form class="filters" onSubmit={event => event.preventDefault()}>
                <Choice label={n.verdict} value={asked.verdict} options={kVerdicts} onChange={value => change('verdict', value)} />
                <TextChoice label={n.app} value={asked.app} onChange={value => change('app', value)} />
                <TextChoice label={n.payment} value={asked.payment} placeholder="pay_…" onChange={value => change('payment', value)} />
                <Moment label={w.payments.since} value={asked.since} onChange={value => change('since', value)} />
                <Moment label={w.payments.until} value={asked.until} onChange={value => change('until', value)} />
                {filtered && <a class="reset" href={link(['notifications'])}>{w.reset}</a>}
            </form>
            <section class="card scroll">
                <List list={list} name={w.nav.notifications} heads={[n.number, n.verdict, n.trade_status, n.reason, n.received]}
                    empty={filtered ? { title: n.nothing, how: n.nothing_how } : { title: n.empty, how: n.empty_how }}
                    row={one => (
                        <OpeningRow key={one.id} width={5} head={<span class="mono strong">{one.out_trade_no || `#${one.id}`}</span>}
                            cells={[
                                <Badge status={one.verdict} />,
                                one.trade_status || n.kinds[one.kind ?? ''] || one.kind || '–', <span class="soft">{one.reason || '–'}</span>,
                                <span class="soft"><When at={one.received_at} /></span>,
                            ]}>
                            {() => <Details one={one} onReprocess={() => setChosen(one)} />}
                        </OpeningRow>
                    )} />
            </section>
            {chosen && (
                <ActionDialog title={w.act.reprocess} how={w.act.reprocess_how} onClose={() => setChosen(null)}
                    onDone={told => {
                        say(told);
                        list.again();
                    }}
                    run={async ({ reason, key }) => {
                        const now = await ask<Partial<Notification>>(`/v1/notifications/${encodeURIComponent(chosen.id)}/reprocess`,
                            { method: 'POST', reason, key });
                        return now.verdict ? `${n.verdict}${w.colon}${statusWord(now.verdict)}` : w.act.done;
                    }} />
            )}
        </>
    );
}

function Details({ one, onReprocess }: { one: Notification; onReprocess: () => void }) {
    const { mayAct } = useDesk();
    const w = words();
    const n = w.notifications;
    return (
        <div class="details">
            {one.hint && <p class="note"><strong>{n.hint}{w.colon}</strong>{one.hint}</p>}
            <Facts>
                <Fact name="id"><span class="mono">{one.id}</span></Fact>
                <Fact name={n.payment}>{one.payment ? <a class="mono" href={link(['payments', one.payment])}>{one.payment}</a> : '–'}</Fact>
                <Fact name={n.trade_no}><span class="mono">{one.trade_no || '–'}</span></Fact>
                <Fact name={n.app}>{one.app}</Fact>
                <Fact name={n.kind}>{one.kind || '–'}</Fact>
                <Fact name={n.notify_id}><span class="mono">{one.notify_id || '–'}</span></Fact>
            </Facts>
            {mayAct && <p><button type="button" class="plain" data-action="reprocess" onClick={onReprocess}>{w.act.reprocess}</button></p>}
            {one.body ? <><h2 class="minor">{n.body}</h2><Json value={one.body} name={n.body} /></> : <p class="hint">{n.no_body}</p>}
        </div>
    );
}
