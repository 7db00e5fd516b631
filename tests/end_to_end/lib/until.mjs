// Waiting for something to become true: the only way that these tests let time pass.
import { setTimeout as pause } from 'node:timers/promises';

// The first truthy value of `condition`; that it throws means "not yet". What it threw last goes
// into the error: "not yet" alone helps nobody at night.
export async function until(condition, ms, what) {
    const deadline = Date.now() + ms;
    for (;;) {
        let cause;
        try {
            const answer = await condition();
            if (answer) return answer;
        } catch (problem) {
            cause = problem;
        }
        if (Date.now() > deadline) throw new Error(`not after ${ms} ms: ${what}`, { cause });
        await pause(20);
    }
}

// Runs `work` for every item, `width` at a time.
export async function forEach(items, width, work) {
    const waiting = [...items];
    const worker = async () => {
        while (waiting.length > 0) await work(waiting.shift());
    };
    await Promise.all(Array.from({ length: width }, worker));
}

// The same dice for the same seed (splitmix32).
export function dice(seed) {
    let state = seed >>> 0;
    const next = () => {
        state = (state + 0x9e3779b9) >>> 0;
        let mixed = state ^ (state >>> 16);
        mixed = Math.imul(mixed, 0x21f0aaad);
        mixed ^= mixed >>> 15;
        mixed = Math.imul(mixed, 0x735a2d97);
        return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
    };
    return {
        below: limit => Math.floor(next() * limit),
        shuffle(list) {
            for (let i = list.length - 1; i > 0; --i) {
                const j = Math.floor(next() * (i + 1));
                [list[i], list[j]] = [list[j], list[i]];
            }
            return list;
        },
    };
}
