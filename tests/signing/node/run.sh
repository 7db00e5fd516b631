#!/bin/sh
# Runs the checks against other people's libraries in a folder of the build tree.
#   run.sh install <source folder> <work folder>
#   run.sh test    <source folder> <work folder> <signing_peer>
# Exit 77 means skipped: this machine has no node, or cannot reach a package registry.
set -eu

step=$1
source_folder=$2
work_folder=$3

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "skipped: node and npm are not installed"
    exit 77
fi

install() {
    mkdir -p "$work_folder"
    if [ -d "$work_folder/node_modules" ] &&
        cmp -s "$source_folder/package-lock.json" "$work_folder/installed.lock"; then
        echo "already installed"
        return
    fi
    for file in package.json package-lock.json .npmrc; do
        cp "$source_folder/$file" "$work_folder/$file"
    done
    if ! npm ci --prefix "$work_folder" >"$work_folder/npm.log" 2>&1; then
        cat "$work_folder/npm.log"
        if grep -Eq 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH' "$work_folder/npm.log"
        then
            echo "skipped: no package registry within reach"
            exit 77
        fi
        exit 1
    fi
    cp "$source_folder/package-lock.json" "$work_folder/installed.lock"
}

run_tests() {
    if [ ! -f "$work_folder/installed.lock" ]; then
        echo "skipped: the packages are not installed"
        exit 77
    fi
    # Beside node_modules, for that is where node looks them up from.
    cp "$source_folder"/*.mjs "$work_folder/"
    SIGNING_PEER=$1 node --test "$work_folder"/*.test.mjs
}

case $step in
    install) install ;;
    test) run_tests "$4" ;;
    *) echo "usage: run.sh install|test <source folder> <work folder> [signing_peer]" && exit 2 ;;
esac
