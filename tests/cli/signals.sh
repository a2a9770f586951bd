#!/bin/bash
# A write ends in order: signals, a closed terminal, a person in a hurry.
. "${FM_SRC:?}/tests/lib.sh"

unit="-m stm32f103x8 -d port:$work/unit"
vectors "$work/fw.bin" 16384
sim unit --pid 0x410 --flash "$work/flash.bin"

# begin: a job in the background, $job its process
begin() {
	: >"$work/err"
	flashmend flash -y --progress=lines $unit "$work/fw.bin" >"$work/out" 2>"$work/err" </dev/null &
	job=$!
}
writing() { wait_for grep -q '^write' "$work/err"; }
ends() { # EXIT
	wait "$job"
	local got=$?
	[ $got = "$1" ] && return 0
	echo "exit $got"
	cat "$work/err"
	return 1
}

for signal in TERM HUP INT; do
	begin
	ok "writing" writing
	kill -$signal "$job"
	ok "SIG$signal during a write: it is finished" ends 0
	ok "that is said" said err 'finishing first'
	ok "result" result PASS "stm32f10x-md@$work/unit" OK
done

begin
ok "writing" writing
kill -INT "$job"
sleep 0.3
kill -INT "$job"
ok "a second Ctrl-C stops at a safe point" ends 14
ok "result" result FAIL "stm32f10x-md@$work/unit" E415
ok "the unit is incomplete" bash -c 'flashmend history list --json 2>/dev/null | head -n 1 | jq -e ".unit_state == \"partial\""'

begin
ok "writing" writing
kill -TSTP "$job"
ok "Ctrl-Z is refused, the job passes" ends 0
ok "that is said" said err 'not suspended'

# before the unit is touched: a port where nobody answers
socat "pty,rawer,link=$work/silent" "pty,rawer,link=$work/other" 2>/dev/null &
units+=($!)
wait_for test -e "$work/silent"
asking() { ls -l "/proc/$job/fd" | grep -q "$(readlink "$work/silent")\$"; }
for pair in INT:130:E130 TERM:143:E143 HUP:143:E143; do
	IFS=: read -r signal exit code <<<"$pair"
	flashmend flash -y --timeout=20 -m stm32f103x8 -d "port:$work/silent" "$work/fw.bin" \
		>"$work/out" 2>"$work/err" </dev/null &
	job=$!
	ok "the port is open" wait_for asking
	kill -$signal "$job"
	ok "SIG$signal before the unit is touched" ends "$exit"
	ok "result" result NONE "$code"
done

# the terminal dies: a hangup reaches the job through its pty
script -qc "flashmend flash -y $unit $work/fw.bin" /dev/null >"$work/tty.out" 2>&1 </dev/null &
terminal=$!
wait_for grep -q 'write' "$work/tty.out"
kill -KILL "$terminal"
wait "$terminal" 2>/dev/null
ended() { flashmend history list --json 2>/dev/null | head -n 1 | jq -e '.result == "PASS"' >/dev/null; }
ok "a dead terminal: the job goes on to its record" wait_for ended
done_testing
