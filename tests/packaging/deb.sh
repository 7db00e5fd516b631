#!/usr/bin/env bash
# deb.sh <build folder>: builds the Debian package, installs it on this machine, starts it as its unit
# would, and removes it. Exit 77 means skipped.
set -euo pipefail
build=$1

skip() { printf 'skipped: %s\n' "$*"; exit 77; }
lack() { [[ -z ${TOLLGATE_NO_SKIP-} ]] || fail "$* is not installed"; skip "$* is not installed"; }
fail() { printf 'failed: %s\n' "$*"; exit 1; }

[[ $(id -u) == 0 ]] || skip "only root can install packages"
for tool in apt-get dpkg-deb; do command -v $tool >/dev/null || skip "this is no Debian"; done
for tool in dpkg-shlibdeps file setpriv runuser; do command -v "$tool" >/dev/null || lack "$tool"; done
# What is here may be somebody's money: a machine that has a tollgate is none to try this on.
[[ -z $(dpkg-query -W -f='${Status}' tollgate 2>/dev/null) ]] || skip "dpkg knows a tollgate here already"
for place in /etc/tollgate /var/lib/tollgate; do [[ ! -e $place ]] || skip "there is a $place already"; done
! getent passwd tollgate >/dev/null || skip "there is a user tollgate already"

work=$(mktemp -d)
chmod 755 "$work"
gateway=
clean_up() {
    [[ -z $gateway ]] || kill -KILL "$gateway" 2>/dev/null || true
    dpkg --purge tollgate >/dev/null 2>&1 || true
    # Made by this test, and left by the package on purpose.
    rm -rf /etc/tollgate /var/lib/tollgate "$work"
    ! getent passwd tollgate >/dev/null || userdel tollgate || true
}
trap clean_up EXIT

loud() { "$@" > "$work/log" 2>&1 || { cat "$work/log"; fail "$*"; }; }
apt_get() { loud env DEBIAN_FRONTEND=noninteractive apt-get -y -q --no-install-recommends "$@"; }

loud cpack --config "$build/CPackConfig.cmake" -G DEB -B "$work/out"
deb=$(echo "$work"/out/tollgate_*.deb)
[[ -f $deb ]] || fail "cpack made no package"
[[ $(dpkg-deb -f "$deb" Package) == tollgate && -n $(dpkg-deb -f "$deb" Version) ]] || fail "control"
dpkg-deb -f "$deb" Depends | grep -q libsqlite3-0 || fail "the package does not depend on what it links"
dpkg-deb -c "$deb" > "$work/contents"
! awk '$2 != "root/root"' "$work/contents" | grep . || fail "files of somebody else's"
! awk '$1 ~ /^.(....w....|.......w.)/' "$work/contents" | grep . || fail "files that others may write"

# Installed and removed at once, it leaves nothing.
apt_get install "$deb"
grep -q 'not started' "$work/log" || { cat "$work/log"; fail "nothing was said about settings that are not ready"; }
apt_get purge tollgate
for place in /etc/tollgate /var/lib/tollgate /usr/bin/tollgate /usr/share/doc/tollgate /usr/share/tollgate \
    /usr/lib/systemd/system/tollgate.service; do
    [[ ! -e $place ]] || fail "$place is left"
done

apt_get install "$deb"
unit=/usr/lib/systemd/system/tollgate.service
settings=/etc/tollgate/tollgate.json
[[ $(stat -c '%U %a' /var/lib/tollgate) == 'tollgate 700' ]] || fail "/var/lib/tollgate"
[[ $(stat -c '%U %a' /etc/tollgate/keys) == 'tollgate 700' ]] || fail "/etc/tollgate/keys"
tollgate --version > /dev/null
if command -v systemd-analyze >/dev/null; then
    # A man page may not be looked up where there are no mandb's.
    systemd-analyze verify --man=no "$unit" > "$work/verify" 2>&1 || { cat "$work/verify"; fail "systemd-analyze verify"; }
    [[ ! -s $work/verify ]] || { cat "$work/verify"; fail "systemd-analyze verify has something to say"; }
    # In tenths; what is left is mostly that it may use the network.
    loud systemd-analyze security --offline=true --threshold=20 "$unit"
fi
code=0
runuser -u tollgate -- tollgate check-config --config "$settings" > /dev/null 2>&1 || code=$?
[[ $code == 78 ]] || fail "the example as it is: check-config gave $code"

# The demo's settings, in the package's places.
as_tollgate() { loud setpriv --reuid=tollgate --regid=tollgate --init-groups "$@"; }
as_tollgate tollgate keys new /etc/tollgate/keys/app --demo
as_tollgate tollgate keys new /etc/tollgate/keys/alipay --demo
as_tollgate tollgate keys webhook /etc/tollgate/keys/event_secret
as_tollgate tollgate keys caller /etc/tollgate/keys/shop
key_hash=$(sed -n 's/^key_sha256 //p' "$work/log")
taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
for base in 18700 28700 38700 48700; do
    taken $base || taken $((base + 1)) || taken $((base + 2)) || break
done
cat > $settings <<JSON
{
    "store": {"sqlite_file": "/var/lib/tollgate/tollgate.db"},
    "public": {"listen": "127.0.0.1:$base", "base_url": "http://127.0.0.1:$base"},
    "api": {"listen": "127.0.0.1:$((base + 1))"},
    "operator": {"listen": "127.0.0.1:$((base + 2))"},
    "apps": [{
        "id": "shop", "app_id": "2021000000000001", "seller_ids": ["2088000000000001"],
        "gateway_url": "http://127.0.0.1:9/gateway.do",
        "private_key": {"file": "keys/app/app_private_key.pem"},
        "alipay_public_keys": [{"file": "keys/alipay/app_public_key.pem"}]
    }],
    "callers": [{"id": "shop", "key_sha256": ["$key_hash"], "apps": ["shop"], "rights": ["create", "read"]}],
    "endpoints": []
}
JSON

# As the unit starts it, as far as that can be done without systemd.
read -r -a command <<< "$(sed -n 's/^ExecStart=//p' $unit)"
[[ $(sed -n 's/^User=//p' $unit) == tollgate ]] || fail "the unit's user"
env -i PATH=/usr/bin:/bin setpriv --reuid=tollgate --regid=tollgate --init-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all "${command[@]}" 2> "$work/gateway.log" &
gateway=$!
answer() {
    local line
    exec 3<>"/dev/tcp/127.0.0.1/$((base + 2))" || return 1
    printf 'GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' >&3
    read -r line <&3
    exec 3>&-
    [[ $line == *' 200 '* ]]
}
ready=no
for _ in $(seq 400); do
    if answer 2>/dev/null; then ready=yes; break; fi
    kill -0 "$gateway" 2>/dev/null || break
    read -r -t 0.05 <> <(:) || true
done
[[ $ready == yes ]] || { cat "$work/gateway.log"; fail "it is not ready"; }

# The unit's reload, both lines of it.
read -r -a check <<< "$(sed -n 's/^ExecReload=\(.*check-config.*\)/\1/p' $unit)"
as_tollgate "${check[@]}"
kill -HUP "$gateway"
for _ in $(seq 400); do
    ! grep -q process.reloaded "$work/gateway.log" || break
    read -r -t 0.05 <> <(:) || true
done
grep -q process.reloaded "$work/gateway.log" || fail "SIGHUP was not heard"

# The same package again keeps the settings, and the running gateway.
apt_get install --reinstall "$deb"
grep -q 9/gateway.do $settings || fail "the settings were overwritten"
answer || fail "it stopped"

kill -TERM "$gateway"
code=0
wait "$gateway" || code=$?
gateway=
[[ $code == 0 ]] || fail "it ended with $code"
[[ $(stat -c '%U %a' /var/lib/tollgate/tollgate.db) == 'tollgate 600' ]] || fail "the ledger's mode"

# What is money or a key stays, and is said to stay; all else goes.
apt_get purge tollgate
grep -q '/var/lib/tollgate is not empty' "$work/log" || { cat "$work/log"; fail "nothing was said about the ledger"; }
[[ -s /var/lib/tollgate/tollgate.db && -s /etc/tollgate/keys/event_secret ]] || fail "it took the ledger or a key"
for place in $settings $unit /usr/bin/tollgate /usr/share/man/man1/tollgate.1.gz; do
    [[ ! -e $place ]] || fail "$place is left"
done
[[ -z $(dpkg-query -W -f='${Status}' tollgate 2>/dev/null) ]] || fail "dpkg still knows it"
