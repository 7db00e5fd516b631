#!/usr/bin/env bash
# Measures the two hot paths: payments made, and callbacks (first ones and repeats), ours and a Node
# peer's by turns, over real HTTP with the load generator on the same machine.
#   hot_paths.sh TOLLGATE BUILD_TESTS RESULTS_FOLDER create|callbacks|duplicates
# With `prepare` in their place it only makes our side's keys, ledger and notifications, in
# RESULTS_FOLDER/hot_paths; with `history` those as well, and in its folder history a ledger with
# TOLLGATE_BENCH_HISTORY (2000000) payments of the year before; with `million` one of a million in
# its folder million. Prints one JSON object. TOLLGATE_BENCH_ROUNDS (5), TOLLGATE_BENCH_SECONDS (5),
# TOLLGATE_BENCH_PAYMENTS (120000; so many notifications) and TOLLGATE_BENCH_CONNECTIONS (128 for
# payments, 256 for callbacks; the empty handler has 64) in the environment change the size. Both
# sides have a second of the same load before each round: caches and compiled code are there then.
set -euo pipefail

readonly tollgate=$1 build=$2 results=$3 what=$4
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly rounds=${TOLLGATE_BENCH_ROUNDS:-5} seconds=${TOLLGATE_BENCH_SECONDS:-5}
readonly payments=${TOLLGATE_BENCH_PAYMENTS:-120000}
default_connections=256
[[ $what != create ]] || default_connections=128
readonly work=$results/hot_paths connections=${TOLLGATE_BENCH_CONNECTIONS:-$default_connections}
readonly limit_connections=64 warm_notifications=15000
export WRK_SCRIPTS=$here/wrk
mkdir -p "$work"
cd "$work"

server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null || true' EXIT

# What the peer needs and no package list can promise.
check_node() {
    node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' ||
        { echo "the peer needs node 20 or later" >&2; exit 2; }
    [[ -f /usr/include/node/node.h ]] ||
        { echo "the peer's SQLite is built here and needs node's headers (Debian: libnode-dev)" >&2; exit 2; }
}

# Keys, a ledger of pending payments, and as many notifications: made once for each size.
prepare_ours() {
    [[ -f made.ours.$payments ]] && return
    rm -rf made.* keys alipay caller event_secret ours* peer* notifications
    "$tollgate" keys new keys >keys.log
    "$tollgate" keys new alipay >>keys.log
    "$tollgate" keys caller caller >caller.log
    "$tollgate" keys webhook event_secret >>keys.log
    local sha
    sha=$(grep -oE '[0-9a-f]{64}' caller.log | head -n 1)
    # The endpoint is down, as an order system is now and then: its deliveries are written, and wait.
    cat >ours.json <<JSON
{"store": {"sqlite_file": "ours.db"},
 "public": {"listen": "127.0.0.1:18600", "base_url": "https://pay.example.com"},
 "api": {"listen": "127.0.0.1:18601"}, "operator": {"listen": "127.0.0.1:18602"},
 "apps": [{"id": "shop", "app_id": "2021000000000001", "seller_ids": ["2088000000000001"],
           "gateway_url": "http://127.0.0.1:9/gateway.do",
           "private_key": {"file": "keys/app_private_key.pem"},
           "alipay_public_keys": [{"file": "alipay/app_public_key.pem"}]}],
 "callers": [{"id": "orders", "key_sha256": ["$sha"], "apps": ["shop"], "rights": ["create", "read"]}],
 "endpoints": [{"id": "orders", "url": "http://127.0.0.1:9/events", "secrets": [{"file": "event_secret"}]}],
 "log": {"level": "error"}}
JSON
    "$build/bench/make_load" "$PWD/ours.full.db" alipay/app_private_key.pem "$payments" >notifications
    touch "made.ours.$payments"
}

# prepare_history FOLDER PENDING PAID: a ledger of years in a folder of its own.
prepare_history() {
    local folder=$1 name
    [[ -f $folder/made.$3 ]] && return
    rm -rf "$folder"
    mkdir "$folder"
    for name in keys alipay caller event_secret ours.json; do cp -r "$name" "$folder"; done
    "$build/bench/make_load" "$PWD/$folder/ours.db" alipay/app_private_key.pem "$2" "$3" \
        >"$folder/notifications"
    touch "$folder/made.$3"
}

prepare_peer() {
    [[ -f made.$payments ]] && return
    cat >peer.json <<JSON
{"app_id": "2021000000000001", "seller_id": "2088000000000001", "port": 18610,
 "private_key_file": "keys/app_private_key.pem", "alipay_public_key_file": "alipay/app_public_key.pem",
 "gateway_url": "https://openapi.alipay.com/gateway.do", "notify_url": "https://pay.example.com/notify",
 "authorization": "Bearer $(cat caller)", "sqlite_file": "peer.db"}
JSON
    if [[ ! -f node/installed ]]; then
        rm -rf node
        cp -r "$here/peer-node" node
        (cd node && npm ci >npm.log 2>&1 &&
            npm_config_nodedir=/usr npm rebuild better-sqlite3 --ignore-scripts=false \
                --build-from-source >>npm.log 2>&1)
        touch node/installed
    fi
    sed 's/peer.db/peer.full.db/' peer.json >seed.json
    node node/seed.mjs seed.json "$payments"
    touch "made.$payments"
}

wait_for() { until curl -s -o answer "$1"; do kill -0 "$server"; done; }

# A copy that is on the disk: else the first sync of what is measured waits until all of it is.
copy_ledger() {  # FROM TO
    cp "$1" "$2"
    sync "$2"
}

start_ours() {
    rm -f ours.db*
    [[ $1 == empty ]] || copy_ledger ours.full.db ours.db
    "$tollgate" serve --config ours.json 2>ours.log &
    server=$!
    wait_for http://127.0.0.1:18602/readyz
}

start_peer() {
    rm -f peer.db*
    [[ $1 == empty ]] || copy_ledger peer.full.db peer.db
    node node/server.mjs peer.json >peer.log 2>&1 &
    server=$!
    wait_for http://127.0.0.1:18610/
}

start_empty() {
    rm -f empty.port
    "$build/transport/empty_handler_bench" >empty.port &
    server=$!
    until [[ -s empty.port ]]; do kill -0 "$server"; done
}

stop() {
    kill "$server"
    wait "$server" 2>/dev/null || true
    server=
}

# load RESULT URL SCRIPT ARGUMENTS…: appends the line of figures, with the cores that wrk took.
load() {
    load_over "$connections" "$@"
}

load_over() {  # CONNECTIONS, and what load takes
    local over=$1 result=$2 url=$3 script=$4
    shift 4
    local TIMEFORMAT='%U %S %R'
    { time wrk -t1 -c"$over" -d"${duration:-$seconds}s" -s "$WRK_SCRIPTS/$script" "$url" -- "$@" \
        >wrk.out 2>wrk.err; } 2>wrk.time
    awk -v "cores=$(awk '{printf "%.3f", ($1 + $2) / $3}' wrk.time)" \
        '/^\{/ {sub(/}$/, ",\"load_cores\":" cores "}"); print}' wrk.out >>"$result"
}

warm_up() {  # what load takes, without its RESULT
    local duration=1
    load warm "$@"
}

# The first ones are for warming up; of the others each side gets so many in its first seconds that
# these can be repeats afterwards.
split_notifications() {
    [[ -f notifications.warm && ! notifications -nt notifications.warm ]] && return
    tail -n +$((warm_notifications + 1)) notifications >notifications.rest
    head -n 4000 notifications.rest >notifications.again
    head -n "$warm_notifications" notifications >notifications.warm
}

# Each takes the file for its figures, and what else its script wants.
callbacks_ours() { load "$1" http://127.0.0.1:18600 callbacks.lua notifications.rest /alipay/shop/notify "${@:2}"; }
callbacks_peer() { load "$1" http://127.0.0.1:18610 callbacks.lua notifications.rest /notify; }
repeats_ours() { load ours.again http://127.0.0.1:18600 callbacks.lua notifications.again /alipay/shop/notify; }
repeats_peer() { load peer.again http://127.0.0.1:18610 callbacks.lua notifications.again /notify; }
warm_callbacks_ours() { warm_up http://127.0.0.1:18600 callbacks.lua notifications.warm /alipay/shop/notify; }
warm_callbacks_peer() { warm_up http://127.0.0.1:18610 callbacks.lua notifications.warm /notify; }
create_ours() { load "$1" http://127.0.0.1:18601 create.lua /v1/payments "$(cat caller)" "C$2_" "${@:3}"; }
create_peer() { load "$1" http://127.0.0.1:18610 create.lua /payments "$(cat caller)" "C$2_"; }
warm_create_ours() { warm_up http://127.0.0.1:18601 create.lua /v1/payments "$(cat caller)" "W$1_"; }
warm_create_peer() { warm_up http://127.0.0.1:18610 create.lua /payments "$(cat caller)" "W$1_"; }

measure_callbacks() {
    local round
    for ((round = 0; round < rounds; ++round)); do
        start_ours full; warm_callbacks_ours; callbacks_ours ours
        [[ $what == callbacks ]] || repeats_ours
        stop
        start_peer full; warm_callbacks_peer; callbacks_peer peer
        [[ $what == callbacks ]] || repeats_peer
        stop
        start_empty
        load_over $limit_connections limit \
            "http://127.0.0.1:$(grep -o '[0-9]\+' empty.port | head -n 1)" callbacks.lua notifications /now
        stop
    done
    start_ours full; warm_callbacks_ours; callbacks_ours probe "$(rest_ms)"; stop
    start_ours full; warm_callbacks_ours; callbacks_ours calm "$(rest_ms "$(last probe per_s)")"; stop
}

measure_create() {
    local round
    for ((round = 0; round < rounds; ++round)); do
        start_ours empty; warm_create_ours "$round"; create_ours ours "$round"; stop
        start_peer empty; warm_create_peer "$round"; create_peer peer "$round"; stop
        openssl speed -seconds 2 rsa2048 2>/dev/null \
            | awk '/^rsa 2048/ {printf "{\"per_s\":%.0f}\n", $6}' >>limit
    done
    start_ours empty
    warm_create_ours calm
    create_ours probe probe "$(rest_ms)"
    create_ours calm calm "$(rest_ms "$(last probe per_s)")"
    stop
}

# Of the lines of a result file.
median() {
    node -p "require('fs').readFileSync('$1', 'utf8').trim().split('\n').map(l => JSON.parse(l).$2)
        .sort((a, b) => a - b)[Math.floor($rounds / 2)]"
}

last() { node -p "JSON.parse(require('fs').readFileSync('$1', 'utf8').trim().split('\n').at(-1)).$2"; }

# How long each connection must rest for 70 % of the median to come. A request takes its time besides:
# what a probe with the first guess fell short of is taken off.
rest_ms() {  # [PER_S of the probe]
    local wanted taken
    wanted=$(node -p "$connections / ($(median ours per_s) * 0.7) * 1000")
    taken=${1:+$(node -p "$connections / $1 * 1000")}
    node -p "Math.max(1, 2 * $wanted - ${taken:-$wanted})"
}

prepare_ours
[[ $what == prepare ]] && exit
[[ $what == history ]] && { prepare_history history 300000 "${TOLLGATE_BENCH_HISTORY:-2000000}"; exit; }
[[ $what == million ]] && { prepare_history million 1 1000000; exit; }
check_node
prepare_peer
split_notifications
rm -f warm ours ours.again peer peer.again limit probe calm
case $what in
    create) measure_create ;;
    callbacks | duplicates) measure_callbacks ;;
    *) echo "there is no hot path $what" >&2; exit 2 ;;
esac
node "$here/hot_paths.mjs" "$what" "$connections"
