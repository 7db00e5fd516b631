// An endpoint's deliveries; each opens to its attempts.
import { useEffect, useState } from 'preact/hooks';
import { ask } from '../api';
import { useDesk } from '../desk';
import { localOf, utcOf } from '../format';
import { nextAfter, useList, useLoad } from '../load';
import { ActionDialog } from '../parts/dialog';
import { Choice, Moment, TextChoice } from '../parts/form';
import { List } from '../parts/list';
import { OpeningRow } from '../parts/opening_row';
import { Badge, Json, Loading, Trouble, When } from '../parts/small';
import { go, link, type Route } from '../route';
import type { Attempt, Delivery } from '../types';
import { words } from '../words';

const kStatuses = ['pending', 'delivered', 'spent', 'cancelled'];
const kFilters = ['status', 'type', 'since', 'until'] as const;
const kEver = 'ever';
const kDayMs = 86_400_000;
const kAtOnce = 50;
const kPollMs = 4_000;

interface Answer { deliveries: Delivery[]; next_after: number | null; more: boolean }

export function DeliveryList({ endpoint, route, turn, onChanged }: {
    endpoint: string; route: Route; turn: number; onChanged: () => void;
}) {
    const { say } = useDesk();
    const asked = Object.fromEntries(kFilters.map(name => [name, route.query.get(name) ?? ''])) as Record<typeof kFilters[number], string>;
    // The API begins with the oldest: of the last day, unless somebody asks for more.
    const [aDayAgo] = useState(() => localOf(new Date(Date.now() - kDayMs)));
    const since = asked.since === kEver ? '' : asked.since || aDayAgo;
    const list = useList(`/v1/endpoints/${encodeURIComponent(endpoint)}/deliveries`, {
        ...asked, since: utcOf(since), until: utcOf(asked.until), limit: kAtOnce,
    }, (answer: Answer) => ({ rows: answer.deliveries, next: nextAfter(answer) }));
    useEffect(() => {
        if (turn > 0) list.again();
    }, [turn]);
    // What waits or is under way is looked at again, unless somebody has read further, which that would fold up.
    const { rows } = list;
    const moves = rows !== null && rows.length <= kAtOnce && rows.some(one => one.under_way || one.status === 'pending');
    useEffect(() => {
        if (!moves) return;
        const timer = setInterval(() => {
            if (!document.hidden) list.again();
        }, kPollMs);
        return () => clearInterval(timer);
    }, [moves]);
    const [chosen, setChosen] = useState<Delivery | null>(null);
    const change = (name: string, value: string) => go(link(['deliveries', endpoint], { ...asked, [name]: value }));
    const w = words();
    const d = w.deliveries;
    return (
        <section>
            <h2>{d.list}</h2>
            <form class="filters" onSubmit={event => event.preventDefault()}>
                <Choice label={w.payments.status} value={asked.status} options={kStatuses}
                    word={status => (status === 'pending' ? d.waiting : w.statuses[status] ?? status)} onChange={value => change('status', value)} />
                <TextChoice label={d.type} value={asked.type} placeholder="payment.*" onChange={value => change('type', value)} />
                <Moment label={w.payments.since} value={since} onChange={value => change('since', value || kEver)} />
                <Moment label={w.payments.until} value={asked.until} onChange={value => change('until', value)} />
                {kFilters.some(name => asked[name] !== '') && <a class="reset" href={link(['deliveries', endpoint])}>{w.reset}</a>}
            </form>
            <div class="card scroll">
                <List list={list} name={d.list} heads={[d.event, w.payments.status, d.attempts, d.next, d.created]}
                    empty={{ title: d.no_delivery, how: d.no_delivery_how }}
                    row={one => (
                        <OpeningRow key={`${one.event} ${one.generation}`} width={5} head={<span class="mono strong">{one.type}</span>}
                            cells={[
                                <DeliveryBadge delivery={one} />, <><span class="narrow-only soft">{d.attempts} </span>{one.attempts}</>,
                                <span class="soft"><span class="narrow-only">{d.next} </span><When at={one.next_attempt_at} /></span>,
                                <span class="soft"><When at={one.event_created_at} /></span>,
                            ]}>
                            {() => <Details delivery={one} onRedeliver={() => setChosen(one)} />}
                        </OpeningRow>
                    )} />
            </div>
            {chosen && (
                <ActionDialog title={w.act.redeliver} how={w.act.redeliver_one_how(chosen.type)} onClose={() => setChosen(null)}
                    onDone={told => {
                        say(told);
                        list.again();
                        onChanged();
                    }}
                    run={async ({ reason, key }) => {
                        const told = await ask<{ deliveries: unknown[] }>(`/v1/events/${encodeURIComponent(chosen.event)}/redeliver`,
                            { method: 'POST', reason, key, body: { endpoint } });
                        return w.act.began(String(told.deliveries.length));
                    }} />
            )}
        </section>
    );
}

function DeliveryBadge({ delivery }: { delivery: Delivery }) {
    if (delivery.under_way) return <Badge status="under_way" />;
    return delivery.status === 'pending' ? <Badge tone="wait">{words().deliveries.waiting}</Badge> : <Badge status={delivery.status} />;
}

function Details({ delivery, onRedeliver }: { delivery: Delivery; onRedeliver: () => void }) {
    const { mayAct } = useDesk();
    const { data, problem } = useLoad<{ attempts: Attempt[] }>(`/v1/events/${encodeURIComponent(delivery.event)}/attempts`);
    const w = words();
    const attempts = data?.attempts.filter(attempt => attempt.endpoint === delivery.endpoint);
    return (
        <div class="details">
            <p><span class="mono">{delivery.event}</span></p>
            {mayAct && <p><button type="button" class="plain" data-action="redeliver" onClick={onRedeliver}>{w.act.redeliver}</button></p>}
            {problem && <Trouble problem={problem} />}
            {!attempts ? !problem && <Loading /> : attempts.length === 0 ? <p class="soft">{w.deliveries.no_attempt}</p> : (
                <ol class="attempts">{attempts.map(attempt => <AttemptItem key={`${attempt.generation} ${attempt.number}`} attempt={attempt} />)}</ol>
            )}
        </div>
    );
}

function AttemptItem({ attempt }: { attempt: Attempt }) {
    const w = words().deliveries;
    const total = attempt.phases.total_us;
    return (
        <li>
            <div class="line"><When at={attempt.started_at} /><Badge status={attempt.outcome} />
                {attempt.http_status !== null && <span>HTTP {attempt.http_status}</span>}
                {typeof total === 'number' && <span class="soft">{w.took} {Math.round(total / 1_000)} ms</span>}
                <span class="soft mono">{attempt.address}</span></div>
            {attempt.detail !== '' && <Json value={attempt.detail} name={w.attempts} />}
        </li>
    );
}
