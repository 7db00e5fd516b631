// Who did what, when and why.
import { useList } from '../load';
import { List } from '../parts/list';
import { OpeningRow } from '../parts/opening_row';
import { Badge, Fact, Facts, Json, When } from '../parts/small';
import type { AuditEntry } from '../types';
import { words } from '../words';

interface Answer { entries: AuditEntry[]; next: string | null }

export function Audit() {
    const list = useList('/audit', { limit: 50 }, (answer: Answer) => ({ rows: answer.entries, next: answer.next }));
    const w = words();
    const a = w.audit;
    return (
        <>
            <div class="title"><h1>{w.nav.audit}</h1></div>
            <section class="card scroll">
                <List list={list} name={w.nav.audit} heads={[a.what, a.who, a.target, a.why, a.when]} empty={{ title: a.empty, how: a.empty_how }}
                    row={one => (
                        <OpeningRow key={one.id} width={5} head={<span class="strong">{a.actions[one.action] ?? one.action}</span>} cells={[
                            <>{one.operator} <span class="soft">{w.roles[one.role] ?? one.role}</span></>, <span class="mono">{one.target}</span>, one.reason, <span class="soft"><When at={one.at} /></span>,
                        ]}>
                            {() => <Details one={one} />}
                        </OpeningRow>
                    )} />
            </section>
        </>
    );
}

function Details({ one }: { one: AuditEntry }) {
    const a = words().audit;
    return (
        <div class="details">
            <Facts>
                <Fact name="id"><span class="mono">{one.id}</span></Fact>
                <Fact name={a.what}><span class="mono">{one.action}</span></Fact>
                <Fact name={a.request}><span class="mono">{one.request_id}</span></Fact>
                <Fact name={a.answered}>{one.status === null ? <Badge tone="wait">{a.unfinished}</Badge>
                    : <Badge tone={one.status < 300 ? 'good' : 'bad'}>HTTP {one.status}</Badge>}</Fact>
                <Fact name={a.ended}><When at={one.finished_at} /></Fact>
            </Facts>
            <div class="sides">
                <div><h2 class="minor">{a.before}</h2>{one.before === null || one.before === undefined ? <p class="soft">–</p> : <Json value={one.before} name={a.before} />}</div>
                <div><h2 class="minor">{a.after}</h2>{one.after === null || one.after === undefined ? <p class="soft">–</p> : <Json value={one.after} name={a.after} />}</div>
            </div>
        </div>
    );
}
