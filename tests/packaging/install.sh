#!/usr/bin/env bash
# install.sh <build folder>: what `cmake --install` lays down under a prefix of somebody's own.
set -euo pipefail
build=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() { printf 'failed: %s\n' "$*"; exit 1; }

cmake --install "$build" --prefix "$work/opt" > "$work/log" 2>&1 || { cat "$work/log"; fail "cmake --install"; }
cd "$work/opt"
for file in bin/tollgate share/man/man1/tollgate.1.gz share/bash-completion/completions/tollgate \
    share/zsh/vendor-completions/_tollgate share/fish/vendor_completions.d/tollgate.fish \
    share/tollgate/schema.json share/tollgate/faults.schema.json share/tollgate/events.schema.json \
    share/doc/tollgate/README.md share/doc/tollgate/docs/api.md share/doc/tollgate/config/example.json \
    lib/systemd/system/tollgate.service etc/tollgate/tollgate.json; do
    [[ -s $file ]] || fail "$file is not there"
done
bin/tollgate --version > /dev/null
gzip -t share/man/man1/tollgate.1.gz
grep -q "^ExecStart=$work/opt/bin/tollgate serve --config $work/opt/etc/tollgate/tollgate.json$" \
    lib/systemd/system/tollgate.service || fail "the unit names other places"
grep -q '"sqlite_file": "/var/lib/tollgate/tollgate.db"' etc/tollgate/tollgate.json || fail "the ledger's place"

# Somebody's settings outlive the next installation.
echo mine > etc/tollgate/tollgate.json
cmake --install "$build" --prefix "$work/opt" > "$work/log" 2>&1
[[ $(cat etc/tollgate/tollgate.json) == mine ]] || fail "the settings were overwritten"
