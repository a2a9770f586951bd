#!/bin/bash
# stage.sh RESULTS SCRIPT...: run the scripts in two guests at once, every other one in each; leave RESULTS/NAME.trs and
# NAME.log as `make check` would: a line of TAP is a result; a script without a plan, or that ended badly or never ran, is
# an error.
set -u
src=${FM_SRC:?}
: "${FM_BUILD:?}"
results=$1
shift
rm -rf "$results"

# guest NUMBER SCRIPT...
guest() {
	local out=$results/$1
	shift
	[ $# -gt 0 ] || return 0
	mkdir -p "$out"
	GUEST_SECONDS=600 FM_OUT=$out bash "$src/tests/usb/run.sh" bash "$src/tests/usb/all.sh" "$@" >"$out/guest.log" 2>&1
}

lists=([0]="" [1]="")
turn=0
for script; do
	lists[turn]+=" $script"
	turn=$((1 - turn))
done
guest 0 ${lists[0]} &
first=$!
guest 1 ${lists[1]}
status=$?
wait $first || status=$?

for script; do
	name=$(basename "$script" .sh)
	tap=$(echo "$results"/[01]/"$name.tap")
	AM_TAP_AWK=awk sh "$src/build-aux/tap-driver.sh" --test-name "usb/$name" \
		--log-file "$results/$name.log" --trs-file "$results/$name.trs" \
		--color-tests no --enable-hard-errors yes --expect-failure no -- \
		sh -c 'cat "$1.tap" && exit "$(cat "$1.status")"' sh "${tap%.tap}" >"$results/$name.out" 2>&1
	if grep -qE '^:test-result: (FAIL|ERROR|XPASS)' "$results/$name.trs"; then
		grep -vE '^(ok|PASS:) ' "$results/$name.log" | sed "s|^|  usb/$name: |"
	fi
	echo "  usb/$name: $(cat "${tap%.tap}.seconds" 2>/dev/null || echo '?') s"
done
for log in "$results"/[01]/guest.log; do
	[ $status -eq 0 ] || sed 's/^/  /' "$log"
	sed -n 's/^guest: /  guest: /p' "$log"
done
