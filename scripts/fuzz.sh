#!/usr/bin/env bash
# Runs every fuzz target of the house for the given time each: fuzz.sh TIME [SIDE_BY_SIDE].
# Prints each target's last count of executions; a failure's input stays in testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."
span=$1 jobs=${2:-1}
log=$(mktemp -d)
export span log

fuzz() {
	local dir=$1 target=$2 out
	out="$log/$(basename "$dir").$target"
	if go test "$dir" -run '^$' -fuzz "^$target\$" -parallel "$3" -fuzzminimizetime 10x -fuzztime "$span" >"$out" 2>&1; then
		echo "ok   $dir $target $(grep -oE 'execs: [0-9]+' "$out" | tail -1)"
	else
		echo "FAIL $dir $target"
		tail -n 8 "$out"
		return 1
	fi
}
export -f fuzz

workers=$(( ($(nproc) + jobs - 1) / jobs ))
grep -rlE '^func Fuzz' --include='*_test.go' . | xargs -n1 dirname | sort -u | while read -r dir; do
	grep -hoE '^func Fuzz[A-Za-z0-9_]*' "$dir"/*_test.go | sed "s|func |$dir |" | sort -u
done | xargs -P "$jobs" -L1 bash -c 'fuzz "$1" "$2" '"$workers" _
