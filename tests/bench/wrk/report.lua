-- What every load script says at its end, as one line of JSON. `good` counts in the thread's own state.
local threads = {}

function setup(thread)
    threads[#threads + 1] = thread
end

function done(summary, latency, requests)
    local good, sent = 0, 0
    for _, thread in ipairs(threads) do
        good = good + thread:get("good")
        sent = sent + thread:get("sent")
    end
    local errors = summary.errors
    io.write(string.format(
        '{"good":%d,"sent":%d,"answered":%d,"seconds":%.3f,"per_s":%.0f,"failed":%d,'
            .. '"p50_ms":%.3f,"p99_ms":%.3f,"max_ms":%.3f}\n',
        good, sent, summary.requests, summary.duration / 1e6, good / (summary.duration / 1e6),
        errors.connect + errors.read + errors.write + errors.timeout,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end

-- Milliseconds that each connection rests between an answer and its next request, on average and
-- spread out, so that a rate below the fastest comes about.
function rests(average)
    local whole = math.floor(average * 2)
    return function() return math.random(0, whole) end
end
