#!/bin/sh
# node.sh <test file>: exit 77, skipped, where there is no Node.
set -eu
if ! command -v node >/dev/null; then
    [ -z "${TOLLGATE_NO_SKIP-}" ] || { echo "cannot run: node is not installed"; exit 1; }
    echo "skipped: node is not installed"
    exit 77
fi
exec node --test "$1"
