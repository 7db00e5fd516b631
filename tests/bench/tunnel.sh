#!/usr/bin/env bash
# Requests a second through the tunnel, ssh -R and localtunnel, on loopback, and what each loses while
# the laptop is off. All stand ready at once and take turns, so that a noisy moment strikes all alike;
# the median of the rounds counts. Prints one JSON object.
# tunnel.sh TOLLGATE WORK_FOLDER [SECONDS] [ROUNDS]
set -euo pipefail

readonly TOLLGATE=$1 WORK=$2 SECONDS_EACH=${3:-3} ROUNDS=${4:-5}
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
FOLDER=$(mktemp -d)
readonly HERE FOLDER
readonly OFF_SENT=10
PIDS=()
finish() {
    local pid
    for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$FOLDER"
}
trap finish EXIT

fail() { printf 'tunnel.sh: %s\n' "$*" >&2; exit 1; }
pause() { read -r -t "$1" < <(:) || true; }

free_port() {
    node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}

# What each row is made of: its address, the Host to send, the process that is the laptop's half, the
# command that starts that half, and all of its processes.
declare -A URL HOST LAPTOP START ALL
ROWS=()

post() {  # ROW PATH
    curl -sk -m 3 -o /dev/null -w '%{http_code}' -X POST -d x ${HOST[$1]:+-H "Host: ${HOST[$1]}"} \
        "${URL[$1]}$2" || true
}
until_answers() {  # ROW
    local tries
    for ((tries = 0; tries < 200; ++tries)); do
        [[ $(post "$1" /) == 200 ]] && return
        pause 0.05
    done
    fail "$1 does not answer"
}

rate() {  # ROW CONNECTIONS
    local report
    printf 'wrk.method = "POST"\nwrk.body = string.rep("x", 325)\nwrk.headers["Content-Type"] = "application/json"\n' \
        >"$FOLDER/post.lua"
    [[ -z ${HOST[$1]} ]] || printf 'wrk.headers["Host"] = "%s"\n' "${HOST[$1]}" >>"$FOLDER/post.lua"
    report=$(wrk -t1 -c"$2" -d"${SECONDS_EACH}s" --timeout 10s -s "$FOLDER/post.lua" "${URL[$1]}/")
    printf '%s: %s connections\n%s\n' "$1" "$2" "$report" >>"$WORK/tunnel.wrk.txt"
    grep -E 'Non-2xx|Socket errors' <<<"$report" | sed "s/^/$1 c$2: /" >>"$FOLDER/bad" || true
    sed -n 's/^Requests\/sec: *\([0-9]*\).*/\1/p' <<<"$report"
}

# These processes, and all that came out of them.
tree() {  # PID…
    local pid
    for pid in "$@"; do
        printf '%s\n' "$pid"
        # shellcheck disable=SC2046
        tree $(pgrep -P "$pid" || true)
    done
}

# Hundredths of a second that a row's processes have worked so far.
cpu() {  # ROW
    local pid sum=0
    # shellcheck disable=SC2046,SC2086
    for pid in $(tree ${ALL[$1]}); do
        [[ -r /proc/$pid/stat ]] || continue
        sum=$((sum + $(sed 's/.*) //' "/proc/$pid/stat" | cut -d' ' -f12,13 | tr ' ' '+')))
    done
    printf '%d' "$sum"
}

start_app() {
    APP=$(free_port)
    cat >"$FOLDER/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $FOLDER/nginx.pid; error_log /dev/null;
events { worker_connections 512; }
http {
    log_format uri '\$uri'; access_log off; keepalive_requests 100000000;
    client_body_temp_path $FOLDER/b; proxy_temp_path $FOLDER/p; fastcgi_temp_path $FOLDER/f;
    uwsgi_temp_path $FOLDER/u; scgi_temp_path $FOLDER/s;
    server {
        listen 127.0.0.1:$APP;
        location / { return 200 "success"; }
        location /off/ { access_log $FOLDER/off.log uri; return 200 "success"; }
    }
}
CONF
    PATH=$PATH:/usr/sbin nginx -e stderr -c "$FOLDER/nginx.conf" &
    PIDS+=($!)
    URL[direct]=http://127.0.0.1:$APP HOST[direct]='' ALL[direct]=''
    until_answers direct
}

# Starts a row's half on the laptop.
start_laptop() {  # ROW
    eval "${START[$1]}"
    LAPTOP[$1]=$!
    PIDS+=($!)
    ALL[$1]+=" $!"
    until_answers "$1"
}

add_tunnel() {  # ROW DURABLE
    local port hash
    port=$(free_port)
    mkdir "$FOLDER/$1"
    hash=$("$TOLLGATE" tunnel token new "$FOLDER/$1/token" | sed -n 's/^token_sha256 //p')
    "$TOLLGATE" tunnel certificate new "$FOLDER/$1" >/dev/null
    cat >"$FOLDER/$1/relay.json" <<JSON
{"listen": "127.0.0.1:$port", "tls": {"certificate": "relay_cert.pem", "key": "relay_key.pem"},
 "store": {"sqlite_file": "relay.db", "durable": $2},
 "tunnels": [{"name": "bench", "token_sha256": ["$hash"],
   "limits": {"requests_per_second": 1000000, "burst": 1000000, "kept_megabytes_max": 1024}}]}
JSON
    "$TOLLGATE" tunnel relay --config "$FOLDER/$1/relay.json" 2>"$FOLDER/$1/relay.log" &
    PIDS+=($!)
    ALL[$1]=$!
    URL[$1]=https://127.0.0.1:$port/t/bench HOST[$1]=''
    START[$1]="'$TOLLGATE' tunnel connect https://127.0.0.1:$port --token-file '$FOLDER/$1/token' \
        --to http://127.0.0.1:$APP --ca-file '$FOLDER/$1/relay_cert.pem' --exchanges 16 --drain-rate 100 \
        --inspect off >'$FOLDER/$1/client.log' 2>&1 &"
    start_laptop "$1"
    ROWS+=("$1")
}

add_ssh_r() {
    local port through
    port=$(free_port)
    through=$(free_port)
    ssh-keygen -q -t ed25519 -N '' -f "$FOLDER/host"
    ssh-keygen -q -t ed25519 -N '' -f "$FOLDER/user"
    cp "$FOLDER/user.pub" "$FOLDER/authorized"
    mkdir -p /run/sshd
    /usr/sbin/sshd -D -f /dev/null -h "$FOLDER/host" -p "$port" -o ListenAddress=127.0.0.1 \
        -o AuthorizedKeysFile="$FOLDER/authorized" -o StrictModes=no -o PidFile=none \
        -o PermitRootLogin=prohibit-password -o UsePAM=no >/dev/null 2>&1 &
    PIDS+=($!)
    ALL[ssh_r]=$!
    local tries
    for ((tries = 0; tries < 100; ++tries)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
        pause 0.05
    done
    URL[ssh_r]=http://127.0.0.1:$through HOST[ssh_r]=''
    START[ssh_r]="ssh -N -p $port -i '$FOLDER/user' -o StrictHostKeyChecking=no -o LogLevel=ERROR \
        -o UserKnownHostsFile=/dev/null -o ExitOnForwardFailure=yes \
        -R 127.0.0.1:$through:127.0.0.1:$APP 127.0.0.1 >/dev/null 2>&1 </dev/null &"
    start_laptop ssh_r
    ROWS+=(ssh_r)
}

# Says why and adds no row when its packages cannot be had.
add_localtunnel() {
    local port packages=$WORK/localtunnel tries
    mkdir -p "$packages"
    cp "$HERE"/localtunnel/{package.json,package-lock.json,.npmrc,localtunnel.cjs} "$packages/"
    if [[ ! -d $packages/node_modules ]] && ! npm ci --prefix "$packages" >"$packages/npm.log" 2>&1; then
        LOCALTUNNEL_MISSING="its npm packages could not be installed"
        return
    fi
    port=$(free_port)
    node "$packages/localtunnel.cjs" server "$port" >"$FOLDER/localtunnel.out" 2>&1 &
    PIDS+=($!)
    ALL[localtunnel]=$!
    for ((tries = 0; tries < 200; ++tries)); do
        grep -q ready "$FOLDER/localtunnel.out" && break
        pause 0.05
    done
    URL[localtunnel]=http://127.0.0.1:$port HOST[localtunnel]=bench.localtunnel.test
    START[localtunnel]="node '$packages/localtunnel.cjs' client $port $APP >/dev/null 2>&1 &"
    start_laptop localtunnel
    ROWS+=(localtunnel)
}

# Ten callbacks while the laptop is off, then it comes back: how many of them the app ever gets.
off_json() {  # ROW
    local i told='' tries arrived
    kill -9 "${LAPTOP[$1]}"
    wait "${LAPTOP[$1]}" 2>/dev/null || true
    for ((tries = 0; tries < 150; ++tries)); do  # Five silent seconds make it "offline".
        [[ $(post "$1" /) == 200 ]] || break
        pause 0.05
    done
    for ((i = 0; i < OFF_SENT; ++i)); do told=$(post "$1" "/off/$1/$i"); done
    eval "${START[$1]}"
    PIDS+=($!)
    for ((tries = 0; tries < 200; ++tries)); do
        arrived=$(grep "^/off/$1/" "$FOLDER/off.log" 2>/dev/null | sort -u | wc -l || true)
        ((arrived == OFF_SENT)) && break
        pause 0.05
    done
    printf '{"told":"%s","sent":%d,"lost":%d}' "$told" "$OFF_SENT" $((OFF_SENT - arrived))
}

# What one sync to this disk takes now: the durable tunnel waits for one at each callback.
sync_us() {
    local began=${EPOCHREALTIME/./}
    dd if=/dev/zero of="$FOLDER/sync" bs=4k count=200 oflag=dsync 2>/dev/null
    printf '%d' $(((${EPOCHREALTIME/./} - began) / 200))
}

median() { sort -n | sed -n "$(((ROUNDS + 1) / 2))p"; }

LOCALTUNNEL_MISSING=
: >"$WORK/tunnel.wrk.txt"
: >"$FOLDER/bad"
SYNC_US=$(sync_us)
start_app
add_tunnel ours_tls_durable true
add_tunnel ours_tls_not_durable false
add_ssh_r
add_localtunnel

for ((round = 0; round < ROUNDS; ++round)); do
    for connections in 1 32; do
        for row in direct "${ROWS[@]}"; do
            before=$(cpu "$row")
            per_s=$(rate "$row" "$connections")
            printf '%d\n' "$per_s" >>"$FOLDER/rate.$row.$connections"
            printf '%d\n' $((($(cpu "$row") - before) * 10000 / (per_s * SECONDS_EACH + 1))) \
                >>"$FOLDER/cpu.$row.$connections"
        done
    done
done

of() { median <"$FOLDER/$1.$2.$3"; }
times() { awk "BEGIN { printf \"%.2f\", $1 / ($2 + 0.001) }"; }

printf '{"disk_sync_us":%s,"rounds":%d,"seconds_each":%d' "$SYNC_US" "$ROUNDS" "$SECONDS_EACH"
for row in direct "${ROWS[@]}"; do
    printf ',"%s":{' "$row"
    for connections in 1 32; do
        printf '"c%d":{"per_s":%d,"cpu_us":%d},' "$connections" "$(of rate "$row" "$connections")" \
            "$(of cpu "$row" "$connections")"
    done
    bad=$(grep -c "^$row c" "$FOLDER/bad" || true)
    printf '"rounds_with_errors":%d' "$bad"
    if [[ $row != direct ]]; then
        off_json "$row" >"$FOLDER/off.json"  # Not in a subshell: it starts processes.
        printf ',"laptop_off":%s' "$(<"$FOLDER/off.json")"
    fi
    printf '}'
done
OURS=ours_tls_durable
printf ',"ssh_r_over_ours_c32":%s' "$(times "$(of rate ssh_r 32)" "$(of rate $OURS 32)")"
if [[ -z $LOCALTUNNEL_MISSING ]]; then
    printf ',"ours_over_localtunnel_c32":%s' "$(times "$(of rate $OURS 32)" "$(of rate localtunnel 32)")"
    printf ',"ours_over_localtunnel_c1":%s' "$(times "$(of rate $OURS 1)" "$(of rate localtunnel 1)")"
else
    printf ',"localtunnel":{"missing":"%s"}' "$LOCALTUNNEL_MISSING"
fi
printf '}\n'
