#!/usr/bin/env bash
# Breaks the product on purpose, one planted bug at a time, and sees whether the simulation objects.
#
#   tests/simulation/teeth.sh FOLDER [BUG…]
#
# Builds the simulation (release) as it is, which must hold. For each bugs/NAME.patch it copies the one file that the
# patch breaks into FOLDER, compiles that, links it before the libraries, which then give the rest, and runs seeds from 1
# on. Nothing of the tree is changed. SEEDS (default 2000) and ORDERS (default 60) say how many at most.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
bugs=("$@")
((${#bugs[@]})) || mapfile -t bugs < <(cd "$here/bugs" && ls -- *.patch | sed 's/\.patch$//')
readonly seeds=${SEEDS:-2000} orders=${ORDERS:-60} build=$tree/build/release

cd "$tree"
cmake --preset release -DTOLLGATE_TESTS=ON -DTOLLGATE_BATCH=8 >"$folder/build.log"
cmake --build --preset release --target simulate >>"$folder/build.log" || { tail -20 "$folder/build.log" >&2; exit 1; }
ninja -C "$build" -t commands simulate >"$folder/commands"

# What the file's room is compiled with: everything of a command of its own before "-MD".
compile() {  # ROOM FILE OBJECT
    local flags
    flags=$(sed -n "s|^.*c++ \(.*\) -MD -MT $1/CMakeFiles/tollgate_$1.dir/.*|\1|p" "$folder/commands" | head -1)
    # shellcheck disable=SC2086  # Many flags.
    (cd "$build" && c++ $flags -w -g0 -I"$tree/$(dirname "${2#"$folder"/*/}")" -c "$2" -o "$3")
}

# The first of two definitions counts.
link() {  # OBJECT PROGRAM
    local command
    command=$(tail -1 "$folder/commands")
    command=${command/ -o tests\/simulation\/simulate / $1 -Wl,--allow-multiple-definition -o $2 }
    (cd "$build" && bash -c "$command")
}

simulate() {  # PROGRAM
    "$1" --seed 1 --runs "$seeds" --orders "$orders"
}

# Prints the first seed that failed, and what was said.
run_bug() {  # NAME
    local patch=$here/bugs/$1.patch place=$folder/$1 file output status=0
    file=$(sed -n 's|^+++ b/||p' "$patch")
    rm -rf "$place"
    mkdir -p "$place/$(dirname "$file")"
    cp "$tree/$file" "$place/$file"
    patch -d "$place" -s -p1 <"$patch" >"$folder/patch.log" || { echo "does not apply"; return 1; }
    compile "${file%%/*}" "$place/$file" "$place/broken.o" 2>"$folder/bug.log" &&
        link "$place/broken.o" "$place/simulate" 2>>"$folder/bug.log" || { echo "does not build"; return 1; }
    output=$(simulate "$place/simulate" 2>&1) || status=$?
    rm "$place/simulate"
    ((status)) || { echo "NOT CAUGHT"; return 1; }
    printf '%s | %s' "$(sed -n 's/^seed \([0-9]*\) fails.*/\1/p' <<<"$output" | head -1)" \
        "$(sed -n '/^  faults:/{n;s/^  //p;q}' <<<"$output" | cut -c1-110)"
}

missed=0
printf '| planted bug | seed | what the simulation said |\n|---|---|---|\n'
for bug in "${bugs[@]}"; do
    if result=$(run_bug "$bug"); then
        printf '| `%s` | %s |\n' "$bug" "$result"
    else
        missed=$((missed + 1))
        printf '| `%s` | | **%s** |\n' "$bug" "$result"
    fi
done
simulate "$build/tests/simulation/simulate"
((missed == 0)) || { echo "$missed not caught" >&2; exit 1; }
