#!/usr/bin/env bash
# Breaks the product on purpose, one planted bug at a time, and sees whether the simulation objects.
#
#   tests/simulation/teeth.sh FOLDER [BUG…]
#
# Works on a copy of the tree in FOLDER, which has a build of its own and may be kept for the next time.
# Each bugs/NAME.patch is put in, compiled, run for a fixed number of seeds, and taken out again.
# SEEDS (default 2000) and ORDERS (default 60) say how many. Ends with the copy as it was, which must hold.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_folder=$(cd "$here/../.." && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
shift
bugs=("$@")
((${#bugs[@]})) || mapfile -t bugs < <(cd "$here/bugs" && ls -- *.patch | sed 's/\.patch$//')
readonly seeds=${SEEDS:-2000} orders=${ORDERS:-60} tree=$folder/tree

# Only what has changed is written, so that only that is compiled again.
copy_tree() {
    mkdir -p "$tree"
    git -C "$source_folder" ls-files -z | while IFS= read -r -d '' file; do
        [[ -f $source_folder/$file ]] || continue
        cmp -s "$source_folder/$file" "$tree/$file" && continue
        mkdir -p "$tree/$(dirname "$file")" && cp -p "$source_folder/$file" "$tree/$file"
    done
}

build() {
    [[ -f $tree/build/release/build.ninja ]] || (cd "$tree" && cmake --preset release -DTOLLGATE_BATCH=8 >"$folder/configure.log")
    cmake --build "$tree/build/release" --target simulate >"$folder/build.log" 2>&1 ||
        { tail -20 "$folder/build.log" >&2; return 1; }
}

simulate() {
    "$tree/build/release/tests/simulation/simulate" --seed 1 --runs "$seeds" --orders "$orders"
}

# Prints the first seed that failed, and what was said.
run_bug() {  # NAME
    local output status=0
    copy_tree
    patch -d "$tree" -s -p1 <"$here/bugs/$1.patch" >"$folder/patch.log" || { echo "does not apply"; return 1; }
    build || { echo "does not build"; return 1; }
    output=$(simulate) || status=$?
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
copy_tree
build
simulate
((missed == 0)) || { echo "$missed not caught" >&2; exit 1; }
