// Whether money is moving, at a glance.
import type { ComponentChildren } from 'preact';
import { Chart } from '../parts/chart';
import { Badge, Loading, statusWord, Trouble, When, type Tone } from '../parts/small';
import { clock, count, dateTime, duration, milliseconds, percent } from '../format';
import { useDesk } from '../desk';
import type { Loaded } from '../load';
import { link } from '../route';
import type { Lag, Overview as Data } from '../types';
import { words } from '../words';

const kWarnDays = 30;
const kAlarmDays = 7;
const kOldAfterSeconds = 3_600;

export function Overview({ overview }: { overview: Loaded<Data> }) {
    const { data, problem, again } = overview;
    const w = words().overview;
    return (
        <>
            <div class="title">
                <h1>{words().nav.overview}</h1>
                {data && <p class="soft">{w.build} {data.build.version} · {w.engine} {data.build.engine === 'postgres' ? 'PostgreSQL' : 'SQLite'}
                    {' · '}{words().updated} <When at={data.now} /></p>}
            </div>
            {problem && (data && problem.trouble === 'away'
                ? <p class="note" role="alert"><strong>{words().trouble.away}{words().colon}</strong>{words().trouble.away_how}</p>
                : <Trouble problem={problem} again={again} />)}
            {!data ? !problem && <Loading /> : <Glance data={data} lost={problem !== null} />}
        </>
    );
}

function Glance({ data, lost }: { data: Data; lost: boolean }) {
    return (
        <>
            <Readiness data={data} lost={lost} />
            <div class="tiles">
                <SuccessTile data={data} />
                <OldestTile data={data} />
                <OutboxTile data={data} />
                <DifferencesTile data={data} />
                <LagTile name={words().overview.lag_in} how={words().overview.lag_in_how} lag={data.lag.notify_ms} />
                <LagTile name={words().overview.lag_out} how={words().overview.lag_out_how} lag={data.lag.delivery_ms} />
            </div>
            <Charts data={data} />
            <div class="columns">
                <Unfinished data={data} />
                <Endpoints data={data} />
                <Certificates data={data} />
            </div>
        </>
    );
}

function Readiness({ data, lost }: { data: Data; lost: boolean }) {
    const w = words().overview;
    const shown = (tone: Tone, sign: string, title: string, how: string) => (
        <section class={`ready ${tone}`}>
            <span class="sign" aria-hidden="true">{sign}</span>
            <div><strong>{title}</strong><p>{how}</p></div>
        </section>
    );
    if (lost) return shown('wait', '…', w.stale, clock(data.now));
    if (!data.ready.ok) return shown('bad', '!', w.not_ready, data.ready.reasons.map(reason => w.reasons[reason] ?? reason).join(' '));
    if (data.guarded_since !== null) return shown('wait', '!', w.guarded, w.guarded_how(dateTime(data.guarded_since)));
    return shown('good', '✓', w.ready, w.ready_how);
}

function Tile({ name, value, tone, children }: { name: string; value: string; tone?: Tone; children?: ComponentChildren }) {
    return (
        <section class="card tile">
            <h2>{name}</h2>
            <p class={`value ${tone ?? ''}`}>{value}</p>
            {children && <p class="soft">{children}</p>}
        </section>
    );
}

function SuccessTile({ data }: { data: Data }) {
    const w = words().overview;
    const { created, paid, failed, closed, success_rate, complete } = data.today;
    return (
        <Tile name={`${w.success_rate}${w.comma}${w.today}`} value={success_rate === null ? '–' : percent(success_rate)}>
            {w.created} {count(created)} · {w.paid} {count(paid)} · {w.failed} {count(failed)} · {w.closed} {count(closed)}
            {!complete && <><br />{w.counting}</>}
        </Tile>
    );
}

function OldestTile({ data }: { data: Data }) {
    const w = words().overview;
    const oldest = data.oldest_unfinished;
    if (!oldest) return <Tile name={w.oldest} value="–">{w.oldest_none}</Tile>;
    return (
        <Tile name={w.oldest} value={duration(oldest.age_seconds)} {...(oldest.age_seconds > kOldAfterSeconds ? { tone: 'wait' as const } : {})}>
            <a href={link(['payments', oldest.payment])}>{statusWord(oldest.status)}</a>, <When at={oldest.since} />
        </Tile>
    );
}

function OutboxTile({ data }: { data: Data }) {
    const w = words().overview;
    const { pending, oldest_age_seconds } = data.outbox;
    return (
        <Tile name={w.outbox} value={count(pending)}>
            {pending === 0 || oldest_age_seconds === null ? w.outbox_none : w.outbox_how(duration(oldest_age_seconds))}
        </Tile>
    );
}

function DifferencesTile({ data }: { data: Data }) {
    const w = words().overview;
    const open = data.differences_open;
    return (
        <Tile name={w.differences} value={count(open)} {...(open > 0 ? { tone: 'bad' as const } : {})}>
            {open === 0 ? w.differences_none : <a href={link(['differences'])}>{w.look}</a>}
        </Tile>
    );
}

function LagTile({ name, how, lag }: { name: string; how: string; lag: Lag }) {
    const w = words().overview;
    return (
        <Tile name={name} value={milliseconds(lag.p50)}>
            {how}{lag.p50 !== null && <><br />{w.half}{w.comma}{w.most(milliseconds(lag.p95))}</>}
        </Tile>
    );
}

function Charts({ data }: { data: Data }) {
    const { look } = useDesk();
    const w = words().overview;
    const times = data.minutes.map(minute => minute.at);
    return (
        <div class="charts">
            <Chart title={w.payments_minute} times={times} look={look} series={[
                { name: w.series.created, values: data.minutes.map(minute => minute.created), tone: 'accent' },
                { name: w.series.paid, values: data.minutes.map(minute => minute.paid), tone: 'good' },
            ]} />
            <Chart title={w.callbacks_minute} times={times} look={look} series={[
                { name: w.series.notifications, values: data.minutes.map(minute => minute.notifications), tone: 'accent' },
            ]} />
        </div>
    );
}

function Unfinished({ data }: { data: Data }) {
    const w = words().overview;
    const found = Object.entries(data.unfinished).filter(([, many]) => many > 0);
    return (
        <section class="card">
            <h2>{w.unfinished}</h2>
            {found.length === 0 ? <p class="soft">{w.oldest_none}</p> : (
                <ul class="rows">{found.map(([status, many]) => (
                    <li key={status}><a href={link(['payments'], { status })}>{statusWord(status)}</a><b>{count(many)}</b></li>
                ))}</ul>
            )}
        </section>
    );
}

function Endpoints({ data }: { data: Data }) {
    const w = words().overview;
    return (
        <section class="card">
            <h2>{w.endpoints}</h2>
            {data.endpoints.length === 0 ? <p class="soft">{w.endpoints_none}</p> : (
                <ul class="rows">{data.endpoints.map(endpoint => (
                    <li key={endpoint.id}><a href={link(['deliveries', endpoint.id])}>{endpoint.id}</a>
                        {endpoint.state === 'enabled'
                            ? <Badge tone={endpoint.breaker === 'closed' ? 'good' : 'bad'}>{words().breaker[endpoint.breaker] ?? endpoint.breaker}</Badge>
                            : <Badge status={endpoint.state} />}</li>
                ))}</ul>
            )}
        </section>
    );
}

function Certificates({ data }: { data: Data }) {
    const w = words().overview;
    // Renewed ones stand beside those before them.
    const several = ({ app, what }: { app: string; what: string }) =>
        data.certificates.filter(one => one.app === app && one.what === what).length > 1;
    const toneOfDays = (days: number): Tone => (days < kAlarmDays ? 'bad' : days < kWarnDays ? 'wait' : 'good');
    return (
        <section class="card">
            <h2>{w.certificates}</h2>
            {data.certificates.length === 0 ? <p class="soft">{w.certificates_none}</p> : (
                <ul class="rows">{data.certificates.map(one => (
                    <li key={`${one.app} ${one.sn}`} title={one.sn}><span>{one.app} <span class="soft">{w.certificate_of[one.what] ?? one.what}
                        {several(one) && <span class="mono"> …{one.sn.slice(-6)}</span>}</span></span>
                        <Badge tone={toneOfDays(one.days_left)}>{w.days_left(one.days_left)}</Badge></li>
                ))}</ul>
            )}
        </section>
    );
}
