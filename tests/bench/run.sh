#!/usr/bin/env bash
# Runs the benchmarks named (all of them without a name) from the release build, and gathers what
# they print in build/bench/results.json, one member each.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly BUILD=build/release/tests
readonly RESULTS=build/bench
mkdir -p "$RESULTS"

callback_latency() { "$BUILD/bench/callback_latency"; }

# One thread of outgoing requests: our client beside a bare libcurl loop.
curl_loop() { "$BUILD/bench/curl_loop"; }

# Events from their commit to the receiver's 200, some of a hundred endpoints hanging, beside a bare
# libcurl loop that posts the same to the same receiver.
deliveries() { "$BUILD/bench/deliveries"; }

# What the front costs by itself: a 1.1 KB POST, 64 connections, answered at once and by another thread.
front() {
    "$BUILD/transport/empty_handler_bench" >"$RESULTS/front.port" &
    local server=$! port=
    until [[ -s $RESULTS/front.port ]]; do kill -0 "$server"; done
    port=$(grep -o '[0-9]\+' "$RESULTS/front.port" | head -n 1)
    printf 'wrk.method = "POST"\nwrk.body = string.rep("x", 1100)\n' >"$RESULTS/post.lua"
    local name rate=()
    for name in now later; do
        rate+=("$(wrk -t1 -c64 -d5s -s "$RESULTS/post.lua" "http://127.0.0.1:$port/$name" \
            | sed -n 's/^Requests\/sec: *\([0-9]*\).*/\1/p')")
    done
    kill "$server"
    wait "$server" 2>/dev/null || true
    printf '{"answered_at_once_per_s":%s,"answered_later_per_s":%s,"connections":64}\n' "${rate[@]}"
}

# A day of a million payments against bills of as many lines: the trade bill alone, a quarter of it
# (to see that the time grows as the lines do), and with the fund bill. Only when it is named: it
# writes a gigabyte to the disk first.
reconcile() {
    printf '{"trade_bill":%s,"a_quarter":%s,"both_bills":%s}\n' "$("$BUILD/bench/reconcile_bench")" \
        "$("$BUILD/bench/reconcile_bench" 250000)" "$("$BUILD/bench/reconcile_bench" 1000000 funds)"
}

# Signing's parts beside `openssl speed`, alternated nine times; medians, in nanoseconds of processor
# time. OpenSSL's own figures are for a bare signature: ours hash 1.3 KB and speak base64 as well.
signing() {
    local round name figures=$RESULTS/signing.figures
    : >"$figures"
    for ((round = 0; round < 9; ++round)); do
        openssl speed -seconds 1 rsa2048 2>/dev/null \
            | awk '/^rsa 2048/ {printf "openssl_sign %.0f\nopenssl_verify %.0f\n", 1e9 / $6, 1e9 / $7}' \
                >>"$figures"
        "$BUILD/bench/signing_bench" --benchmark_format=csv --benchmark_min_time=0.3 2>/dev/null \
            | awk -F, 'NR > 1 && $5 == "ns" {gsub(/"/, "", $1); printf "%s %.0f\n", $1, $4}' >>"$figures"
    done
    median() { awk -v n="$1" '$1 == n {print $2}' "$figures" | sort -n | sed -n 5p; }
    printf '{'
    for name in openssl_sign sign openssl_verify verify decode canonicalise decode_and_canonicalise extract
    do
        printf '"%s_ns":%s,' "$name" "$(median "$name")"
    done
    awk -v s="$(median sign)" -v os="$(median openssl_sign)" -v v="$(median verify)" \
        -v ov="$(median openssl_verify)" \
        'BEGIN {printf "\"sign_ratio\":%.3f,\"verify_ratio\":%.3f}\n", s / os, v / ov}'
}

# Payments made, callbacks and repeated callbacks, beside a Node peer and the limits of the machine.
# Only when they are named: they take minutes, and build the peer's SQLite once.
create() { hot_path create; }
callbacks() { hot_path callbacks; }
duplicates() { hot_path duplicates; }
hot_path() { tests/bench/hot_paths.sh "$PWD/build/release/gateway/tollgate" "$PWD/$BUILD" "$PWD/$RESULTS" "$1"; }

# The hot paths over PostgreSQL, with one, two and three gateways, beside SQLite. Only when it is named.
postgres() {
    tests/bench/hot_paths.sh "$PWD/build/release/gateway/tollgate" "$PWD/$BUILD" "$PWD/$RESULTS" prepare
    TOLLGATE_BINARY=$PWD/build/release/gateway/tollgate node tests/bench/postgres.mjs "$RESULTS/hot_paths"
}

# What a gateway bears beside its callbacks (idle and slow peers, a burst), how soon it is ready, and
# what it takes of the memory. Only when it is named: a quarter of an hour.
crowd() {
    tests/bench/hot_paths.sh "$PWD/build/release/gateway/tollgate" "$PWD/$BUILD" "$PWD/$RESULTS" prepare
    TOLLGATE_BINARY=$PWD/build/release/gateway/tollgate node tests/bench/crowd.mjs "$RESULTS/hot_paths"
}

# Callbacks over two million payments beside a store that is nearly empty. Only when it is named: it
# writes eight gigabytes first.
big_store() {
    tests/bench/hot_paths.sh "$PWD/build/release/gateway/tollgate" "$PWD/$BUILD" "$PWD/$RESULTS" history
    TOLLGATE_BINARY=$PWD/build/release/gateway/tollgate node tests/bench/big_store.mjs \
        "$RESULTS/hot_paths" "$RESULTS/hot_paths/history"
}

# A ledger of a million payments moved to PostgreSQL and back. Only when it is named: it writes ten
# gigabytes.
import() {
    tests/bench/hot_paths.sh "$PWD/build/release/gateway/tollgate" "$PWD/$BUILD" "$PWD/$RESULTS" million
    TOLLGATE_BINARY=$PWD/build/release/gateway/tollgate node tests/bench/import.mjs "$RESULTS/hot_paths/million"
}

# The tunnel beside ssh -R and localtunnel. Only when it is named: it needs a quiet disk.
tunnel() { tests/bench/tunnel.sh build/release/gateway/tollgate "$RESULTS"; }

# `--store postgres`: the hot paths there.
[[ ${1-} != --store ]] || shift
names=("$@")
((${#names[@]})) || names=(callback_latency curl_loop deliveries front signing)
for name in "${names[@]}"; do
    declare -F "$name" >/dev/null || { echo "there is no benchmark $name" >&2; exit 2; }
    echo "== $name" >&2
    "$name" >"$RESULTS/$name.json"
    cat "$RESULTS/$name.json"
done
{
    printf '{'
    comma=
    for file in "$RESULTS"/*.json; do
        [[ $file == */results.json ]] && continue
        printf '%s"%s":%s' "$comma" "$(basename "$file" .json)" "$(cat "$file")"
        comma=,
    done
    printf '}\n'
} >"$RESULTS/results.tmp"
mv "$RESULTS/results.tmp" "$RESULTS/results.json"
