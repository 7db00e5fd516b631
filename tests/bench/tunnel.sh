#!/usr/bin/env bash
# Requests a second through the tunnel and through ssh -R, on loopback, and what each does when the
# laptop is off. Prints one JSON object. tunnel.sh TOLLGATE WORK_FOLDER [SECONDS]
set -euo pipefail

readonly TOLLGATE=$1 WORK=$2 SECONDS_EACH=${3:-5}
FOLDER=$(mktemp -d)
readonly FOLDER
PIDS=()
finish() {
    local pid
    for pid in "${PIDS[@]}"; do kill "$pid" 2>/dev/null || true; done
    for pid in "${PIDS[@]}"; do wait "$pid" 2>/dev/null || true; done
    rm -rf "$FOLDER"
}
trap finish EXIT

fail() { printf 'tunnel.sh: %s\n' "$*" >&2; exit 1; }

free_port() {
    node -e 'const s=require("net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'
}

until_answers() {  # URL
    local tries
    for ((tries = 0; tries < 200; ++tries)); do
        [[ $(curl -sk -m 2 -o /dev/null -w '%{http_code}' -X POST -d x "$1") == 200 ]] && return
        read -r -t 0.05 < <(:) || true
    done
    fail "$1 does not answer"
}

printf 'wrk.method = "POST"\nwrk.body = string.rep("x", 325)\nwrk.headers["Content-Type"] = "application/json"\n' \
    >"$FOLDER/post.lua"

rate() {  # URL CONNECTIONS
    local report bad
    report=$(wrk -t1 -c"$2" -d"${SECONDS_EACH}s" --timeout 10s -s "$FOLDER/post.lua" "$1")
    bad=$(sed -n 's/^ *Non-2xx or 3xx responses: *\([0-9]*\).*/\1/p' <<<"$report")
    printf '%s: %s connections\n%s\n' "$1" "$2" "$report" >>"$WORK/tunnel.wrk.txt"
    printf '{"per_s":%s,"not_2xx":%s}' \
        "$(sed -n 's/^Requests\/sec: *\([0-9]*\).*/\1/p' <<<"$report")" "${bad:-0}"
}

both() { printf '{"c1":%s,"c32":%s' "$(rate "$1" 1)" "$(rate "$1" 32)"; }

# What somebody is told who posts while the laptop is off: a status, or 000 for no answer at all.
when_off() { curl -sk -m 3 -o /dev/null -w '%{http_code}' -X POST -d off "$1" || true; }

start_app() {
    APP=$(free_port)
    cat >"$FOLDER/nginx.conf" <<CONF
daemon off; worker_processes 1; pid $FOLDER/nginx.pid; error_log /dev/null;
events { worker_connections 512; }
http {
    access_log off; keepalive_requests 100000000;
    client_body_temp_path $FOLDER/b; proxy_temp_path $FOLDER/p; fastcgi_temp_path $FOLDER/f;
    uwsgi_temp_path $FOLDER/u; scgi_temp_path $FOLDER/s;
    server { listen 127.0.0.1:$APP; location / { return 200 "success"; } }
}
CONF
    PATH=$PATH:/usr/sbin nginx -e stderr -c "$FOLDER/nginx.conf" &
    PIDS+=($!)
    until_answers "http://127.0.0.1:$APP/"
}

tunnel() {  # NAME DURABLE
    local port hash relay client url result
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
    relay=$!
    "$TOLLGATE" tunnel connect "https://127.0.0.1:$port" --token-file "$FOLDER/$1/token" \
        --to "http://127.0.0.1:$APP" --ca-file "$FOLDER/$1/relay_cert.pem" --exchanges 16 \
        >"$FOLDER/$1/client.log" 2>&1 &
    client=$!
    url=https://127.0.0.1:$port/t/bench/notify
    until_answers "$url"
    result=$(both "$url")
    kill "$client"
    wait "$client" || true
    local tries
    for ((tries = 0; tries < 100; ++tries)); do  # Five silent seconds make it "offline".
        [[ $(when_off "$url") == 503 ]] && break
    done
    printf '%s,"laptop_off":%s,"kept":true}' "$result" "$(when_off "$url")"
    kill "$relay"
    wait "$relay" || true
}

ssh_r() {
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
    local server=$!
    local tries
    for ((tries = 0; tries < 100; ++tries)); do
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
    done
    ssh -N -p "$port" -i "$FOLDER/user" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
        -o LogLevel=ERROR -o ExitOnForwardFailure=yes \
        -R "127.0.0.1:$through:127.0.0.1:$APP" 127.0.0.1 >/dev/null 2>&1 </dev/null &
    local client=$!
    until_answers "http://127.0.0.1:$through/"
    local result
    result=$(both "http://127.0.0.1:$through/")
    kill "$client"
    wait "$client" 2>/dev/null || true
    printf '%s,"laptop_off":"%s","kept":false}' "$result" "$(when_off "http://127.0.0.1:$through/")"
    kill "$server"
    wait "$server" 2>/dev/null || true
}

: >"$WORK/tunnel.wrk.txt"
start_app
# What one sync to this disk takes now: the durable tunnel waits for one at each callback.
sync_us() {
    local began=${EPOCHREALTIME/./}
    dd if=/dev/zero of="$FOLDER/sync" bs=4k count=200 oflag=dsync 2>/dev/null
    printf '%d' $(((${EPOCHREALTIME/./} - began) / 200))
}

printf '{"disk_sync_us":%s,' "$(sync_us)"
printf '"direct":%s},' "$(both "http://127.0.0.1:$APP/")"
printf '"tunnel_tls_durable":%s,' "$(tunnel durable true)"
printf '"tunnel_tls_not_durable":%s,' "$(tunnel fast false)"
printf '"ssh_r":%s}\n' "$(ssh_r)"
