// Where the operator is: "#/payments?q=A1001". After '#', so that the gateway serves one page for all.
import { useEffect, useState } from 'preact/hooks';

// `turn`: how often the same address was asked for again.
export interface Route { path: string[]; query: URLSearchParams; text: string; turn: number }

function read(turn: number): Route {
    const text = location.hash.replace(/^#\/?/, '');
    const [path = '', query = ''] = text.split('?', 2);
    return { path: path.split('/').filter(part => part !== '').map(decode), query: new URLSearchParams(query), text, turn };
}

function decode(part: string): string {
    try {
        return decodeURIComponent(part);
    } catch {
        return part;
    }
}

export function link(path: (string | number)[], query: Record<string, string | undefined> = {}): string {
    const asked = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value) asked.set(name, value);
    const text = asked.toString();
    return `#/${path.map(part => encodeURIComponent(part)).join('/')}${text === '' ? '' : `?${text}`}`;
}

// Where one is already, it is looked at anew.
export function go(to: string): void {
    if (location.hash === to) dispatchEvent(new HashChangeEvent('hashchange'));
    else location.hash = to;
}

// Without a step in the browser's history: for what the operator did not ask to come back to.
export function goInstead(to: string): void {
    location.replace(to);
}

export function useRoute(): Route {
    const [route, setRoute] = useState(() => read(0));
    useEffect(() => {
        const moved = () => setRoute(had => {
            const next = read(had.turn);
            return next.text === had.text ? { ...next, turn: had.turn + 1 } : next;
        });
        addEventListener('hashchange', moved);
        return () => removeEventListener('hashchange', moved);
    }, []);
    return route;
}
