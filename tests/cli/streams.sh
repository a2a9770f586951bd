#!/bin/bash
# Streams that are closed or lead nowhere, wrong options, names that are not UTF-8, signals before a job begins: what is
# promised of the last line, of exit codes and of JSON holds all the same.
. "${FM_SRC:?}/tests/lib.sh"
command -v jq >/dev/null || skip_all "jq is not installed"

unit="-m stm32f103x8 -d port:$work/unit"
vectors "$work/fw.bin" 2048
sim unit --pid 0x410 --flash "$work/flash.bin" --fast

# a closed stream is nobody's: no file that is opened takes its place
flashmend flash -y $unit --log-file="$work/log" "$work/fw.bin" 2>/dev/null </dev/null >&-
got=$?
ok "stdout is closed: an error" test $got -eq 1
ok "... and nothing of it goes into the log" bash -c "! grep -q RESULT '$work/log'"
ok "... the job is recorded" bash -c 'flashmend history list --json | head -n 1 | jq -e ".result == \"PASS\""'
flashmend info $unit --log-file="$work/log" >"$work/out" 2>&- </dev/null
got=$?
ok "stderr is closed: no error" test $got -eq 0
ok "... and nothing of it goes into the log" bash -c "! grep -q answers '$work/log'"
ok "... the data are there" said out '^chip-id +0410'
ok "a full disk behind stdout" bash -c "flashmend list >/dev/full 2>'$work/err'; [ \$? = 1 ]"
ok "... is said" said err '^E102 '

# a wrong option is told as anything else is
ok "an unknown option" fm 2 flash --bogus -y $unit "$work/fw.bin"
ok "... result" result NONE E110
ok "... behind the file" fm 2 flash -y $unit "$work/fw.bin" --bogus
ok "... result" result NONE E110
ok "a value that is none" fm 2 rollback -y $unit --timeout=soon
ok "... result" result NONE E110
ok "an option without its value" fm 2 erase -y $unit -m
ok "... result" result NONE E110
ok "two wrong options" fm 2 flash --bogus --wrong $unit "$work/fw.bin"
ok "... the first is told" said err '^E110 .*--bogus'
ok "--json behind a wrong option" fm 2 flash --bogus --json $unit "$work/fw.bin"
ok "... is heard" jq -es '.[0] | .type == "error" and .code == 110 and .exit == 2' "$work/out"
ok "a command without results has no such line" fm 2 list --bogus
ok "..." bash -c "! grep -q RESULT '$work/out'"

# names that are not UTF-8
cp "$work/fw.bin" "$work/"$'b\xe4r.bin'
ok "package inspect" fm 0 package inspect --json "$work/"$'b\xe4r.bin'
ok "... tells the name as far as it can" jq -e '.kind == "image" and (.file | test("b\\.r\\.bin$"))' "$work/out"

# a file to write is a file
mkfifo "$work/pipe"
ok "an export over a pipe" fm 7 history export -o "$work/pipe" --replace
ok "... is refused" said err '^E305 .*is no file, and was left as it is'
ok "a backup over a pipe" fm 7 backup $unit -o "$work/pipe" --replace
ok "... result" result NONE E305
ok "... it is there" test -p "$work/pipe"
ok "an export" fm 0 history export -o "$work/all.json"
ok "... is not replaced" fm 7 history export -o "$work/all.json" --format=csv
ok "... unless that is asked for" fm 0 history export -o "$work/all.json" --format=csv --replace
ok "... whole" bash -c "head -n 1 '$work/all.json' | grep -q '^id,verb,'"

ok "a hash that no backup has" fm 7 restore -y $unit 0123456789abcdef
ok "... is named" said err '^E511 .*begins with 0123456789abcdef$'

# signals that come while a job is waited for
waiting() { wait_for grep -q '^waiting' "$work/err"; }
for pair in TERM:143:E143 INT:130:E130 HUP:143:E143; do
	IFS=: read -r signal exit code <<<"$pair"
	for what in "-d port:$work/none" "$unit --not-before=+60s"; do
		: >"$work/err"
		flashmend flash -y --wait=90 -m stm32f103x8 $what "$work/fw.bin" >"$work/out" 2>"$work/err" </dev/null &
		job=$!
		ok "waiting" waiting
		kill -$signal $job
		wait $job
		got=$?
		ok "SIG$signal ends it" test $got = "$exit"
		ok "... result" result NONE "$code"
	done
done

# nohup
slow="-m stm32f103x8 -d port:$work/slow"
sim slow --pid 0x410
(
	trap '' HUP
	exec flashmend flash -y --backup=required $slow "$work/fw.bin" >"$work/out" 2>"$work/err" </dev/null
) &
job=$!
ok "preflight is over" wait_for grep -q '^preflight' "$work/err"
kill -HUP $job
wait $job
got=$?
ok "a hangup under nohup is not heard" test $got -eq 0
ok "... result" result PASS "stm32f10x-md@$work/slow" OK
ok "no record is wrong" fm 0 history verify
done_testing
