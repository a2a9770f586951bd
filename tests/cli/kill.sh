#!/bin/bash
# kill -9 in every phase: the next start says which unit was left in which phase, and the same command leads to PASS.
. "${FM_SRC:?}/tests/lib.sh"

# A board whose application tells its version and goes into the boot loader when it is asked to.
mkdir -p "$XDG_DATA_HOME/flashmend/devices"
cp "$src/tests/unit/job/devices/sim.xml" "$XDG_DATA_HOME/flashmend/devices/"
rm "$XDG_CONFIG_HOME/flashmend/config.json" # with a backup, as delivered
unit="-m sim-board-settings -d port:$work/unit"
vectors "$work/fw.bin" 6144
printf 'fm-sim-version=1.2.3\0' | dd of="$work/fw.bin" bs=1 seek=1024 conv=notrunc status=none
start unit flashmend-sim stm32 --no-reset-line --link "$work/unit" --pid 0x410 --flash "$work/flash.bin" --slow 5
ok "a first job" fm 0 flash -y $unit "$work/fw.bin"

newest() { flashmend history list --json --limit 1 2>/dev/null; }

# Short phases are missed at times: try again.
killed_in() {
	local i
	for ((i = 0; i < 20; i++)); do
		killer "$XDG_STATE_HOME/flashmend/records.sqlite" "$1" \
			flashmend flash -y $unit "$work/fw.bin" >"$work/out" 2>"$work/err" </dev/null && return 0
	done
	return 1
}

PATH=$build/tests/cli:$PATH
for phase in identify enter preflight backup erase write verify restart confirm; do
	ok "killed in $phase" killed_in $phase
	ok "the next start works" fm 0 list
	last=$(newest)
	ok "the record says how it ended" jq -e '.result != "PASS" and .code == 416' <<<"$last"
	ended_in=$(jq -r .last_phase <<<"$last")
	case $ended_in in
	erase | write) state=partial ;;
	verify) state=unverified ;;
	restart | confirm) state=verified ;;
	identify) state=untouched ;;
	*) state=entered ;;
	esac
	ok "and in which state the unit was left in $ended_in" jq -e ".unit_state == \"$state\"" <<<"$last"
	[ $state != partial ] || ok "what comes next is true of either kind of boot loader" jq -e \
		'.next | test("holds already is compared and stays; where it can.t be asked, all is written again")' <<<"$last"
	case $ended_in in
	erase | write | verify)
		ok "the start said so" said err "ATTENTION.*$work/unit.*$ended_in"
		;;
	esac
	ok "the same command leads to PASS" fm 0 flash -y $unit "$work/fw.bin"
	ok "and nothing is left in doubt" fm 0 list
	ok "(nothing)" bash -c "! grep -q ATTENTION '$work/err'"
done
ok "no record is lost or changed" fm 0 history verify
stop unit
ok "every backup is what its name says" bash -c "cd '$XDG_STATE_HOME/flashmend/backups' && find . -type f ! -name '.new-*' -printf '%f  %P\n' | sha256sum -c --quiet"
ok "the unit has the firmware" cmp -n 6144 "$work/fw.bin" "$work/flash.bin"
done_testing
