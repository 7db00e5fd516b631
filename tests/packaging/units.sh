#!/usr/bin/env bash
# units.sh <source folder> <program>: the units that systemd is given. Each is well formed and sandboxed, one gateway's
# and each of several alike, and may write where its settings say that it does.
set -euo pipefail
source=$1 program=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { printf 'failed: %s\n' "$*"; exit 1; }

one=$source/packaging/tollgate.service
each=$source/config/two_gateways/tollgate@.service

# All that says what it may see and do, in both the same.
sandbox() { sed -n '/^# What it may see and do/,/^\[Install\]/p' "$1"; }
[[ $(sandbox "$one" | grep -c =) -gt 20 ]] || fail "$one has no sandbox"
diff <(sandbox "$one") <(sandbox "$each") || fail "the units' sandboxes differ"
for line in Type User Group UMask StateDirectoryMode LimitNOFILE RestartForceExitStatus RestartPreventExitStatus; do
    [[ $(grep "^$line=" "$one") == "$(grep "^$line=" "$each")" ]] || fail "$line differs"
done
! grep -H '^ReadWritePaths=' "$one" "$each" || fail "StateDirectory= alone says where it may write"

# The example's settings keep each gateway's own files in its StateDirectory.
for gateway in 1 2; do
    folder=$(sed -n 's/.*"folder": "\(.*\)".*/\1/p' "$source/config/two_gateways/$gateway.json")
    state=$(sed -n "s/^StateDirectory=\(.*\)/\1/p" "$each")
    [[ $folder == "/var/lib/${state//%i/$gateway}" ]] || fail "gateway $gateway: $folder is not /var/lib/$state"
done

command -v systemd-analyze >/dev/null || { echo "no systemd-analyze here: the rest is left out"; exit 0; }
sed "s|/usr/bin/tollgate|$program|" "$one" > "$work/tollgate.service"
sed "s|/usr/bin/tollgate|$program|" "$each" > "$work/tollgate@.service"
ln -s tollgate@.service "$work/tollgate@1.service"
for unit in tollgate.service tollgate@1.service; do
    # A man page may not be looked up where there are no mandb's.
    systemd-analyze verify --man=no "$work/$unit" > "$work/said" 2>&1 || { cat "$work/said"; fail "verify $unit"; }
    [[ ! -s $work/said ]] || { cat "$work/said"; fail "verify has something to say about $unit"; }
    # In tenths; what is left is mostly that it may use the network.
    systemd-analyze security --offline=true --threshold=20 "$work/$unit" > "$work/said" 2>&1 ||
        { cat "$work/said"; fail "$unit is not sandboxed enough"; }
    tail -1 "$work/said"
done
