#!/bin/bash
# run.sh SECONDS SEED: each fuzz target of the build for so long, one TAP line each with its number of runs; with the same
# seed the same inputs come first. The build is one of 'configure --enable-fuzz --enable-sanitize=address,undefined CC=clang'
# and 'make fuzz', in FM_BUILD (or the working folder).
# What a target finds is kept in FM_BUILD/tests/fuzz/found/TARGET/; put a small one into the corpus, with the fix.
seconds=${1:?usage: run.sh SECONDS SEED}
seed=${2:?usage: run.sh SECONDS SEED}
source=${FM_SRC:-$(cd "$(dirname "$0")/../.." && pwd)}
build=$(cd "${FM_BUILD:-.}" && pwd) || exit 1
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

n=0
failed=0
for program in "$build"/tests/fuzz/fuzz-*; do
	[ -x "$program" ] && [ -f "$program" ] || continue
	target=${program##*/fuzz-}
	found=$build/tests/fuzz/found/$target
	n=$((n + 1))
	mkdir -p "$work/$target" "$work/seeds" "$found"
	rm -f "$work"/seeds/*
	for input in "$source/tests/fuzz/corpus/$target"/*; do
		case $input in
		*.xxd) perl -0777 -pe 's/[^0-9a-fA-F]//g; $_ = pack("H*", $_)' "$input" >"$work/seeds/$(basename "$input" .xxd)" ;;
		*) cp "$input" "$work/seeds/" ;;
		esac
	done
	dictionary=()
	[ ! -e "$source/tests/fuzz/$target.dict" ] || dictionary=(-dict="$source/tests/fuzz/$target.dict")
	"$program" -seed="$seed" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 -print_final_stats=1 \
		"${dictionary[@]}" -artifact_prefix="$found/" "$work/$target" "$work/seeds" >"$work/log" 2>&1
	status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log")
	if [ $status -eq 0 ] && [ "${runs:-0}" -gt 0 ]; then
		echo "ok $n - fuzz-$target: $runs runs in $seconds s"
	else
		failed=1
		echo "not ok $n - fuzz-$target: status $status after ${runs:-an unknown number of} runs; see $found"
		tail -n 40 "$work/log" | sed 's/^/# /'
	fi
done
if [ $n -eq 0 ]; then
	echo "Bail out! no fuzz target in $build/tests/fuzz: configure with --enable-fuzz CC=clang, then make fuzz"
	exit 1
fi
echo "1..$n"
exit $failed
