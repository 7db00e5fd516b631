#!/bin/sh
# Runs the end-to-end tests in a folder of the build tree.
#   run.sh install <source folder> <work folder>
#   run.sh test    <source folder> <work folder> <tollgate> <test file>…
# TOLLGATE_BINARY in the environment names another binary to try: the one that is shipped, say,
# instead of one that is slowed down by sanitizers.
# Exit 77 means skipped: this machine lacks what the test needs, or cannot reach a package registry.
set -eu

step=$1
source_folder=$2
work_folder=$3

skip() {
    if [ -n "${TOLLGATE_NO_SKIP-}" ]; then
        echo "cannot run: $1"
        exit 1
    fi
    echo "skipped: $1"
    exit 77
}

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    skip "node and npm are not installed"
fi
if [ "$(node -p 'process.versions.node.split(".")[0] >= 18')" != true ]; then
    skip "node 18 or later is needed"
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
    if ! npm ci --no-audit --no-fund --prefix "$work_folder" >"$work_folder/npm.log" 2>&1; then
        cat "$work_folder/npm.log"
        if grep -Eq 'ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|ENETUNREACH' "$work_folder/npm.log"
        then
            skip "no package registry within reach"
        fi
        exit 1
    fi
    cp "$source_folder/package-lock.json" "$work_folder/installed.lock"
}

find_chromium() {
    for name in chromium chromium-browser google-chrome; do
        command -v "$name" && return
    done
    return 1
}

run_tests() {
    [ -f "$work_folder/installed.lock" ] || skip "the packages are not installed"
    TOLLGATE_BINARY=${TOLLGATE_BINARY:-$1}
    export TOLLGATE_BINARY
    shift
    case $1 in
        browser.test.mjs | inspector.test.mjs | console*.test.mjs)
            TOLLGATE_CHROMIUM=$(find_chromium) || skip "chromium is not installed"
            TOLLGATE_SCREENSHOTS=${TOLLGATE_SCREENSHOTS:-$work_folder/screenshots}
            export TOLLGATE_CHROMIUM TOLLGATE_SCREENSHOTS
            ;;
    esac
    case $1 in
        console*.test.mjs)
            [ -f "$source_folder/../../gateway/console/dist/index.html" ] ||
                skip "the console's pages are not built (target \`console\`)"
            ;;
    esac
    # Below node_modules, for that is where node looks them up from; a copy for each test, because
    # several may start at once.
    folder="$work_folder/run/$1"
    rm -rf "$folder"
    mkdir -p "$folder"
    cp -R "$source_folder"/*.mjs "$source_folder/lib" "$folder/"
    cd "$folder"
    node --test "$@"
}

case $step in
    install) install ;;
    test) shift 3 && run_tests "$@" ;;
    *) echo "usage: run.sh install|test <source folder> <work folder> …" && exit 2 ;;
esac
