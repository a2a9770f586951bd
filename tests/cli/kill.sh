#!/bin/bash
# kill -9 in every phase: the next start says which unit was left in which phase, and the same command leads to PASS.
. "${FM_SRC:?}/tests/lib.sh"

unit="-m stm32f103x8 -d port:$work/unit"
vectors "$work/fw.bin" 12288
sim unit --pid 0x410 --flash "$work/flash.bin" --slow 20

# killed in PHASE: the job is killed as soon as the record says that the phase has begun
phase_begun() {
	sqlite3 -readonly "$XDG_STATE_HOME/flashmend/records.sqlite" \
		"SELECT phase FROM phases ORDER BY rowid DESC LIMIT 1" 2>/dev/null | grep -qx "$1"
}

for phase in enter preflight erase write verify restart; do
	flashmend flash -y $unit "$work/fw.bin" >"$work/out" 2>"$work/err" </dev/null &
	job=$!
	wanted=$phase
	tries=0
	while ! phase_begun "$phase" && kill -0 $job 2>/dev/null && [ $tries -lt 2000 ]; do
		tries=$((tries + 1))
		sleep 0.005
	done
	kill -KILL $job 2>/dev/null
	wait $job 2>/dev/null
	status=$?
	ok "killed in $phase" test $status = 137
	ok "the next start works" fm 0 list
	last=$(flashmend history list --json 2>/dev/null | head -n 1)
	ok "the record says how it ended" jq -e '.result != "PASS" and .code == 416' <<<"$last"
	ended_in=$(jq -r .last_phase <<<"$last")
	case $ended_in in
	erase | write) state=partial ;;
	verify) state=unverified ;;
	restart) state=verified ;;
	preflight) state=entered ;;
	*) state='untouched\|entered' ;;
	esac
	ok "and in which state the unit was left in $ended_in" bash -c "jq -r .unit_state <<<'$last' | grep -x '$state'"
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
ok "the unit has the firmware" cmp -n 12288 "$work/fw.bin" "$work/flash.bin"
done_testing
