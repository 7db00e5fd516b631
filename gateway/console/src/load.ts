// Reading from the gateway, as hooks.
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ask, asProblem, type ApiError, type Query } from './api';

export interface Loaded<T> {
    data: T | null;  // Stays while it is asked for again, so that nothing flickers.
    problem: ApiError | null;
    busy: boolean;
    again: () => void;
}

// `everyMs`: asks again and again while the page can be seen. After trouble it waits longer each time.
export function useLoad<T>(path: string | null, query: Query = {}, everyMs = 0): Loaded<T> {
    const [state, setState] = useState<{ key: string; data: T | null; problem: ApiError | null; busy: boolean }>(
        { key: '', data: null, problem: null, busy: true });
    const [turn, setTurn] = useState(0);
    const key = JSON.stringify([path, query]);
    const failures = useRef(0);
    useEffect(() => {
        if (path === null) return;
        const stop = new AbortController();
        let timer = 0;
        const settle = (data: T | null, problem: ApiError | null) => {
            if (stop.signal.aborted) return;
            failures.current = problem ? failures.current + 1 : 0;
            setState(had => ({ key, data: problem && had.key === key ? had.data : data, problem, busy: false }));
            if (everyMs === 0) return;
            const wait = Math.max(everyMs * Math.min(2 ** failures.current, 6), (problem?.retryAfter ?? 0) * 1_000);
            timer = window.setTimeout(run, wait);
        };
        const run = () => {
            if (document.hidden && everyMs > 0) {
                timer = window.setTimeout(run, everyMs);
                return;
            }
            setState(had => ({ ...had, busy: true }));
            ask<T>(path, { query, signal: stop.signal })
                .then(data => settle(data, null), problem => settle(null, asProblem(problem)));
        };
        run();
        return () => {
            stop.abort();
            clearTimeout(timer);
        };
    }, [key, turn, everyMs]);
    const again = useCallback(() => setTurn(turn => turn + 1), []);
    const current = state.key === key;
    return { data: current ? state.data : null, problem: current ? state.problem : null, busy: state.busy || !current, again };
}

export interface Listed<T> {
    rows: T[] | null;
    more: boolean;
    problem: ApiError | null;
    busy: boolean;
    loadMore: () => void;
    again: () => void;
}

export interface Page<T> { rows: T[]; next: string | null }

// A list that grows by pages. `open` finds the rows and the next cursor in an answer; `also` is what else it depends on.
export function useList<A, T>(path: string, query: Query, open: (answer: A) => Page<T>, also = ''): Listed<T> {
    const [state, setState] = useState<{ key: string; rows: T[] | null; next: string | null; problem: ApiError | null; busy: boolean }>(
        { key: '', rows: null, next: null, problem: null, busy: true });
    const [turn, setTurn] = useState(0);
    const key = JSON.stringify([path, query, also]);
    const running = useRef<AbortController | null>(null);
    const read = useCallback((after: string | null) => {
        running.current?.abort();
        const stop = new AbortController();
        running.current = stop;
        setState(had => ({ ...had, busy: true }));
        ask<A>(path, { query: { ...query, after }, signal: stop.signal }).then(answer => {
            if (stop.signal.aborted) return;
            const page = open(answer);
            setState(had => ({
                key, rows: after === null ? page.rows : [...(had.rows ?? []), ...page.rows], next: page.next,
                problem: null, busy: false,
            }));
        }, problem => {
            if (stop.signal.aborted) return;
            // Neither rows nor the cursor of another list.
            setState(had => ({
                key, rows: had.key === key ? had.rows : null, next: had.key === key ? had.next : null,
                problem: asProblem(problem), busy: false,
            }));
        });
    }, [key]);
    useEffect(() => {
        read(null);
        return () => running.current?.abort();
    }, [key, turn]);
    const current = state.key === key;
    return {
        rows: current ? state.rows : null, more: current && state.next !== null, problem: current ? state.problem : null,
        busy: state.busy || !current, loadMore: () => read(state.next), again: () => setTurn(turn => turn + 1),
    };
}

// The cursor of lists that say "more" and "next_after" (the order service's API).
export const nextAfter = (answer: { more?: boolean; next_after?: number | string | null }): string | null =>
    answer.more && answer.next_after ? String(answer.next_after) : null;
