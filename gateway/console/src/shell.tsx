// The frame round every page: search, navigation, keys, and what is told to the operator.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from './api';
import type { LookSettings } from './app';
import { DeskContext, type Desk } from './desk';
import { utc, dateTime } from './format';
import { useKeys } from './keys';
import { Help } from './pages/help';
import { Audit } from './pages/audit';
import { Deliveries } from './pages/deliveries';
import { Differences } from './pages/differences';
import { EndpointPage } from './pages/endpoint';
import { Notifications } from './pages/notifications';
import { Overview } from './pages/overview';
import { PaymentPage } from './pages/payment';
import { Payments } from './pages/payments';
import { Sandbox } from './pages/sandbox';
import { go, link, useRoute, type Route } from './route';
import { nextTheme, Switches } from './switches';
import { useLoad } from './load';
import { Guard } from './parts/guard';
import type { Overview as OverviewData, Session } from './types';
import { words } from './words';

export type PageName = 'overview' | 'payments' | 'notifications' | 'deliveries' | 'differences' | 'audit' | 'sandbox';

const kOverviewMs = 5_000;
const kElsewhereMs = 30_000;  // For the count beside "differences".

function darkOutside(): boolean {
    return matchMedia('(prefers-color-scheme: dark)').matches;
}

function useSystemTheme(): string {
    const [dark, setDark] = useState(darkOutside);
    useEffect(() => {
        const query = matchMedia('(prefers-color-scheme: dark)');
        const changed = () => setDark(query.matches);
        query.addEventListener('change', changed);
        return () => query.removeEventListener('change', changed);
    }, []);
    return dark ? 'dark' : 'light';
}

export function Shell({ session, settings, onSignOut, onStale }: {
    session: Session; settings: LookSettings; onSignOut: () => Promise<void>; onStale: () => void;
}) {
    const route = useRoute();
    const current = (route.path[0] ?? 'overview') as PageName;
    const [told, setTold] = useState('');
    const [help, setHelp] = useState(false);
    const search = useRef<HTMLInputElement>(null);
    const system = useSystemTheme();
    const overview = useLoad<OverviewData>('/overview', {}, current === 'overview' ? kOverviewMs : kElsewhereMs);
    const say = useCallback((text: string) => setTold(text), []);
    useEffect(() => {
        if (told === '') return;
        const timer = setTimeout(() => setTold(''), 6_000);
        return () => clearTimeout(timer);
    }, [told]);

    useEffect(() => scrollTo(0, 0), [route.path.join('/')]);
    // On a phone the pages stand in a row that scrolls.
    const nav = useRef<HTMLElement>(null);
    useEffect(() => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }), [current]);

    const role = session.operator.role;
    const desk: Desk = {
        session, mayAct: role !== 'viewer', isAdmin: role === 'admin', say,
        look: `${settings.spoken} ${settings.theme} ${system}`,
    };
    const pages: PageName[] = ['overview', 'payments', 'notifications', 'deliveries', 'differences'];
    if (desk.isAdmin) pages.push('audit');
    if (overview.data?.sandbox) pages.push('sandbox');
    useKeys({
        pages, search: () => search.current?.focus(), help: () => setHelp(true),
        theme: () => settings.paint(nextTheme(settings.theme)), language: () => settings.say(settings.spoken === 'zh' ? 'en' : 'zh'),
    });
    const w = words();
    const signOut = () => onSignOut().catch((failure: ApiError) => {
        if (failure.trouble === 'signed_out') return;
        say(w.not_signed_out);
        if (failure.code === 'csrf') onStale();  // Signed in anew elsewhere: the next try fits.
    });
    return (
        <DeskContext.Provider value={desk}>
            <a class="skip" href="#main" onClick={event => {
                event.preventDefault();
                document.getElementById('main')?.focus();
            }}>{w.skip}</a>
            <header class="bar">
                <a class="brand" href={link(['overview'])}><img src="/console/icon.svg" alt="" width="26" height="26" />Tollgate</a>
                <Search box={search} route={route} />
                <div class="tools">
                    <Switches settings={settings} />
                    <button type="button" class="quiet wide-only" onClick={() => setHelp(true)} aria-label={w.keys}><kbd>?</kbd></button>
                    <span class="who wide-only" title={`${w.session_until} ${dateTime(session.expires_at)} (${utc(session.expires_at)})`}>
                        {session.operator.name} <span class="soft">{w.roles[role]}</span></span>
                    <button type="button" class="quiet" id="sign-out" onClick={signOut}>{w.sign_out}</button>
                </div>
            </header>
            <div class="frame">
                <nav ref={nav} class="pages" aria-label={w.menu}>
                    {pages.map(page => (
                        <a key={page} href={link([page])} {...(page === current ? { 'aria-current': 'page' as const } : {})}>
                            {w.nav[page]}<Count page={page} overview={overview.data} /></a>
                    ))}
                </nav>
                <main id="main" tabIndex={-1}>
                    <Guard key={route.turn} at={route.text}>
                        <PageOf route={route} overview={overview} />
                    </Guard>
                </main>
            </div>
            <div class="told" role="status">{told !== '' && <span>{told}</span>}</div>
            {help && <Help pages={pages} onClose={() => setHelp(false)} />}
        </DeskContext.Provider>
    );
}

// What waits for a person, beside the page that shows it.
function Count({ page, overview }: { page: PageName; overview: OverviewData | null }) {
    const open = overview?.differences_open ?? 0;
    return page === 'differences' && open > 0 ? <span class="count">{open}</span> : null;
}

function Search({ box, route }: { box: { current: HTMLInputElement | null }; route: Route }) {
    const [text, setText] = useState('');
    const [shown, setShown] = useState<string | null>(null);
    // While drawing, not after it: what is typed at once must not be lost.
    if (shown !== route.text) {
        setShown(route.text);
        setText(route.path[0] === 'payments' ? route.query.get('q') ?? '' : '');
    }
    const submit = (event: Event) => {
        event.preventDefault();
        const q = text.trim();
        box.current?.blur();  // So that the keys work again.
        go(link(['payments'], q === '' ? {} : { q, first: '1' }));
    };
    return (
        <form class="search" role="search" onSubmit={submit}>
            <input ref={box} id="search" type="search" value={text} maxLength={128} autoComplete="off" spellcheck={false}
                aria-label={words().search} placeholder={words().search_hint}
                onInput={event => setText(event.currentTarget.value)}
                onKeyDown={event => event.key === 'Escape' && event.currentTarget.blur()} />
            <kbd aria-hidden="true">/</kbd>
        </form>
    );
}

function PageOf({ route, overview }: { route: Route; overview: ReturnType<typeof useLoad<OverviewData>> }) {
    const [page, id] = route.path;
    switch (page) {
        case 'payments': return id === undefined ? <Payments route={route} /> : <PaymentPage id={id} key={id} />;
        case 'notifications': return <Notifications route={route} />;
        case 'deliveries': return id === undefined ? <Deliveries /> : <EndpointPage id={id} route={route} key={id} />;
        case 'differences': return <Differences route={route} />;
        case 'audit': return <Audit />;
        case 'sandbox': return <Sandbox url={overview.data?.sandbox?.url ?? ''} />;
        default: return <Overview overview={overview} />;
    }
}

