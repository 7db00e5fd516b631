// Counts by the minute. The numbers under the pointer stand in the legend; whoever cannot see the picture is told the sums.
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { clock, count } from '../format';
import { words } from '../words';

export interface Series { name: string; values: (number | null)[]; tone: 'accent' | 'good' }

const kHeight = 180;

function colour(name: string): string {
    const probe = document.createElement('span');
    probe.className = `probe-${name}`;
    document.body.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
}

function faint(rgb: string): string {
    return rgb.replace(/^rgb\(/, 'rgba(').replace(/\)$/, ', 0.1)');
}

function axes(): uPlot.Axis[] {
    const common = {
        stroke: colour('soft'), font: '12px system-ui, sans-serif', ticks: { show: false },
        grid: { stroke: colour('line'), width: 1 },
    };
    return [
        { ...common, grid: { show: false }, size: 26, space: 70, values: (_, splits) => splits.map(at => clock(at * 1_000)) },
        {
            ...common, size: 44, space: 36, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 50_000, 100_000],
            values: (_, splits) => splits.map(value => count(value)),
        },
    ];
}

function options(width: number, series: Series[], onPoint: (at: number | null) => void): uPlot.Options {
    return {
        width, height: kHeight, legend: { show: false }, padding: [8, 8, 0, 0],
        cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
        scales: { y: { range: (_, __, most) => [0, Math.max(4, Math.ceil(most * 1.15))] } },
        axes: axes(),
        series: [{}, ...series.map((one, i): uPlot.Series => {
            const stroke = colour(one.tone);
            return {
                label: one.name, stroke, width: 2, points: { show: false }, ...(i === 0 ? { fill: faint(stroke) } : { dash: [5, 4] }),
            };
        })],
        hooks: { setCursor: [plot => onPoint(plot.cursor.idx ?? null)] },
    };
}

export function Chart({ title, times, series, look }: { title: string; times: string[]; series: Series[]; look: string }) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const [point, setPoint] = useState<number | null>(null);
    const names = series.map(one => one.name).join();
    const data: uPlot.AlignedData = [times.map(at => Date.parse(at) / 1_000), ...series.map(one => one.values)];
    useEffect(() => {
        const place = box.current;
        if (!place) return;
        const made = new uPlot(options(place.clientWidth || 400, series, setPoint), data, place);
        plot.current = made;
        const watch = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: kHeight }));
        watch.observe(place);
        return () => {
            watch.disconnect();
            made.destroy();
            plot.current = null;
        };
    }, [names, look]);
    useEffect(() => plot.current?.setData(data), [JSON.stringify(data)]);
    const total = (one: Series) => one.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
    const label = series.map(one =>
        words().overview.chart_label(one.name, count(total(one)), count(Math.max(0, ...one.values.map(value => value ?? 0))))).join('; ');
    const chosen = point === null ? undefined : times[point];
    return (
        <figure class="card chart">
            <figcaption>
                <h2>{title}</h2>
                <span class="legend">
                    <span class="soft">{chosen ? clock(chosen) : words().overview.last_hour}</span>
                    {series.map((one, i) => (
                        <span key={one.name}><i class={`key probe-${one.tone} ${i === 0 ? '' : 'dashed'}`} aria-hidden="true" />
                            {one.name} <b>{count(point === null ? total(one) : one.values[point] ?? 0)}</b></span>
                    ))}
                </span>
            </figcaption>
            <div ref={box} class="plot" role="img" aria-label={label} />
        </figure>
    );
}
