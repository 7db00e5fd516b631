#!/usr/bin/env bash
# Breaks the product on purpose, one planted bug at a time, and sees whether the simulation objects.
#
#   tests/simulation/teeth.sh FOLDER [BUG…]
#
# Builds the simulation (release) as it is. For each bugs/NAME.patch it copies the one file that the
# patch breaks into FOLDER, compiles it together with those that the build batches it with, links that in the batch's
# place, and runs seeds from 1 on. Nothing of the tree is changed. SEEDS (default 2000) and ORDERS (default 60) say how
# many at most. When no bug is named, the product as it is must hold at the end, too.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tree=$(cd "$here/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
bugs=("$@")
readonly named=$#
((named)) || mapfile -t bugs < <(cd "$here/bugs" && ls -- *.patch | sed 's/\.patch$//')
readonly seeds=${SEEDS:-2000} orders=${ORDERS:-60} build=$tree/build/release

cd "$tree"
cmake --preset release -DTOLLGATE_TESTS=ON -DTOLLGATE_BATCH=8 >"$folder/build.log"
cmake --build --preset release --target simulate >>"$folder/build.log" || { tail -20 "$folder/build.log" >&2; exit 1; }
ninja -C "$build" -t commands simulate >"$folder/commands"

# What the file's room is compiled with: everything of a command of its own before "-MD". Quickly: it runs for seconds.
compile() {  # FILE COPY OBJECT
    local room=${1%%/*} flags batch source=$2
    flags=$(sed -n "s|^.*c++ \(.*\) -MD -MT $room/CMakeFiles/tollgate_$room.dir/.*|\1|p" "$folder/commands" | head -1)
    batch=$(grep -l "\"$tree/$1\"" "$build/$room/CMakeFiles/tollgate_$room.dir/Unity/"*.cxx || true)
    if [[ $batch ]]; then
        source=${3%.o}.cpp
        sed "s|\"$tree/$1\"|\"$2\"|" "$batch" >"$source"
    fi
    # As ninja does: what is quoted in the flags is quoted for a shell.
    (cd "$build" && bash -c "c++ $flags -w -O1 -g0 -c '$source' -o '$3'")
}

# Before the libraries: what is defined already is taken from none of them.
link() {  # OBJECT PROGRAM
    local command
    command=$(tail -1 "$folder/commands")
    (cd "$build" && bash -c "${command/ -o tests\/simulation\/simulate / $1 -o $2 }")
}

simulate() {  # PROGRAM
    "$1" --seed 1 --runs "$seeds" --orders "$orders"
}

seed_of_death() {  # PROGRAM
    local seed=1
    while "$1" --seed "$seed" --orders "$orders" >/dev/null 2>&1 && ((seed < seeds)); do seed=$((seed + 1)); done
    echo "$seed"
}

# Prints the first seed that failed, and what was said.
run_bug() {  # NAME
    local patch=$here/bugs/$1.patch place=$folder/$1 file output died='' status=0
    file=$(sed -n 's|^+++ b/||p' "$patch")
    rm -rf "$place"
    mkdir -p "$place/$(dirname "$file")"
    cp "$tree/$file" "$place/$file"
    patch -d "$place" -s -p1 <"$patch" >"$place/patch.log" || { echo "does not apply"; return 1; }
    compile "$file" "$place/$file" "$place/broken.o" 2>"$place/bug.log" &&
        link "$place/broken.o" "$place/simulate" 2>>"$place/bug.log" || { echo "does not build"; return 1; }
    output=$(simulate "$place/simulate" 2>&1) || status=$?
    if ((status)) && ! grep -q '^seed ' <<<"$output"; then
        # A product that gives itself up takes the simulation with it: which seed that was has to be tried.
        died=$(seed_of_death "$place/simulate")
    fi
    rm "$place/simulate"
    ((status)) || { echo "NOT CAUGHT"; return 1; }
    if [[ $died ]]; then
        printf '%s | it gives itself up: %s' "$died" "$(tail -1 <<<"$output" | cut -c1-90)"
        return
    fi
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
((named)) || simulate "$build/tests/simulation/simulate"
((missed == 0)) || { echo "$missed not caught" >&2; exit 1; }
