#!/bin/bash
# stage.sh RESULTS SCRIPT...: run the scripts in one guest; leave RESULTS/NAME.trs and NAME.log as `make check` would:
# a line of TAP is a result; a script without a plan, or that ended badly or never ran, is an error.
set -u
src=${FM_SRC:?}
: "${FM_BUILD:?}"
results=$1
shift
rm -rf "$results"
mkdir -p "$results/out"
FM_OUT=$results/out bash "$src/tests/usb/run.sh" bash "$src/tests/usb/all.sh" "$@" >"$results/guest.log" 2>&1
status=$?
for script; do
	name=$(basename "$script" .sh)
	tap=$results/out/$name.tap
	AM_TAP_AWK=awk sh "$src/build-aux/tap-driver.sh" --test-name "usb/$name" \
		--log-file "$results/$name.log" --trs-file "$results/$name.trs" \
		--color-tests no --enable-hard-errors yes --expect-failure no -- \
		sh -c 'cat "$1.tap" && exit "$(cat "$1.status")"' sh "${tap%.tap}" >"$results/$name.out" 2>&1
	if grep -qE '^:test-result: (FAIL|ERROR|XPASS)' "$results/$name.trs"; then
		grep -vE '^(ok|PASS:) ' "$results/$name.log" | sed "s|^|  usb/$name: |"
	fi
	echo "  usb/$name: $(cat "$results/out/$name.seconds" 2>/dev/null || echo '?') s"
done
[ $status -eq 0 ] || sed 's/^/  /' "$results/guest.log"
sed -n 's/^guest: /  guest: /p' "$results/guest.log"
