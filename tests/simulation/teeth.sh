#!/usr/bin/env bash
# Breaks the product on purpose, one planted bug at a time, and sees whether the simulation objects.
#
#   tests/simulation/teeth.sh BUILD_FOLDER [BUG…]
#
# Each bugs/NAME.patch changes one source file. The changed copy is compiled by the build's own command
# and linked before the room's library, so that the tree and the build stay as they are.
# SEEDS (default 2000) and ORDERS (default 60) say how long it may take.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_folder=$(cd "$here/../.." && pwd)
build=$(cd "$1" && pwd)
shift
bugs=("$@")
((${#bugs[@]})) || mapfile -t bugs < <(cd "$here/bugs" && ls -- *.patch | sed 's/\.patch$//')
readonly seeds=${SEEDS:-2000} orders=${ORDERS:-60}

ninja -C "$build" tests/simulation/simulate >/dev/null
commands=$(ninja -C "$build" -t commands tests/simulation/simulate)
link=$(grep -F -- '-o tests/simulation/simulate ' <<<"$commands" | tail -1)

# Prints the first seed that failed, or nothing.
run_bug() {  # NAME
    local name=$1 file scratch compile object output
    scratch=$build/teeth/$name
    rm -rf "$scratch" && mkdir -p "$scratch"
    file=$(sed -n 's#^+++ b/##p' "$here/bugs/$name.patch")
    mkdir -p "$scratch/$(dirname "$file")"
    cp "$source_folder/$file" "$scratch/$file"
    (cd "$scratch" && patch -s -p1 < "$here/bugs/$name.patch") || { echo "does not apply"; return 1; }
    object=$scratch/broken.o
    compile=$(grep -F -- " -c $source_folder/$file" <<<"$commands" | head -1)
    compile=${compile/ -c $source_folder\/$file/ -c $scratch\/$file}
    compile=$(sed -E "s# -MF [^ ]+# -MF $scratch/broken.d#; s# -o [^ ]+# -o $object#" <<<"$compile")
    (cd "$build" && eval "$compile" && eval "${link/ -o tests\/simulation\/simulate / $object -o $scratch/simulate }")
    output=$("$scratch/simulate" --seed 1 --runs "$seeds" --orders "$orders") && { echo "NOT CAUGHT"; return 1; }
    sed -n 's/^seed \([0-9]*\) fails.*/\1/p' <<<"$output" | head -1 | tr '\n' ' '
    sed -n '/^  faults:/{n;s/^  //p;q}' <<<"$output" | cut -c1-110
}

missed=0
printf '| %-28s | %s\n' 'planted bug' 'first seed that fails, and what it says |'
printf '|%s|%s|\n' "$(printf -- '-%.0s' {1..30})" '---'
for bug in "${bugs[@]}"; do
    if result=$(run_bug "$bug"); then
        printf '| %-28s | %s |\n' "$bug" "$result"
    else
        missed=$((missed + 1))
        printf '| %-28s | **%s** |\n' "$bug" "$result"
    fi
done
((missed == 0)) || { echo "$missed not caught" >&2; exit 1; }
