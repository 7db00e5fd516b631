#!/usr/bin/env bash
# Runs every fuzzer of the preset fuzz for the given seconds, two at a time. What they learn stays in
# build/fuzz/corpus and is where the next run begins; what they find is in build/fuzz/found.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly SECONDS_EACH=${1:-60} BINARIES=$PWD/build/fuzz/tests/fuzz FOLDER=$PWD/build/fuzz
mapfile -t names <"$BINARIES/fuzzers.txt"
mkdir -p "$FOLDER/corpus" "$FOLDER/found" "$FOLDER/log"
"$BINARIES/fuzz_seeds" "$FOLDER/corpus"

# Longer inputs are only slower: a short RSA key, and three certificates, have room in these.
declare -A length_max=([key]=2000 [certificate]=6000)

run_one() {  # NAME
    mkdir -p "$FOLDER/found/$1"
    "$BINARIES/$1_fuzz" "$FOLDER/corpus/$1" -max_total_time="$SECONDS_EACH" -timeout=10 \
        -max_len="${length_max[$1]:-0}" \
        -rss_limit_mb=2048 -artifact_prefix="$FOLDER/found/$1/" -print_final_stats=1 \
        >"$FOLDER/log/$1" 2>&1
}

failed=()
for ((i = 0; i < ${#names[@]}; i += 2)); do
    pids=() pair=("${names[@]:i:2}")
    for name in "${pair[@]}"; do
        run_one "$name" &
        pids+=($!)
    done
    for j in "${!pair[@]}"; do
        if wait "${pids[j]}"; then
            printf '%s: %s inputs, nothing found\n' "${pair[j]}" \
                "$(sed -n 's/^stat::number_of_executed_units: *//p' "$FOLDER/log/${pair[j]}")"
        else
            failed+=("${pair[j]}")
            tail -n 40 "$FOLDER/log/${pair[j]}" >&2
        fi
    done
done
if ((${#failed[@]})); then
    echo "found something: ${failed[*]} (the inputs are in build/fuzz/found)" >&2
    exit 1
fi
