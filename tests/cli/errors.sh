#!/bin/bash
# What goes wrong, and what is said of it: code, exit status, the unit's state, the next step.
. "${FM_SRC:?}/tests/lib.sh"

unit="-m stm32f103x8 -d port:$work/unit"
vectors "$work/fw.bin" 4096
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
saw() { said err "$1" && result "${@:2}"; }

# the command line
ok "no command" fm 2
ok "unknown command" fm 2 frobnicate
ok "unknown option" fm 2 list --frobnicate
ok "names it" said err 'E110.*--frobnicate'
ok "an option of another command" fm 2 list --yes
ok "a value that is none" fm 2 info $unit --baud fast
ok "an option without its value" fm 2 info -d
ok "nothing but 'config' may be allowed" fm 2 flash -y --allow=everything $unit "$work/fw.bin"
ok "selector not understood" fm 2 info -d slot9
ok "unknown model" fm 2 info -m no-such-model -d "port:$work/unit"
ok "says where the models are" said err 'catalog list'
ok "no model, and the port says nothing" fm 2 info -d "port:$work/unit"
ok "--help" fm 0 --help
ok "COMMAND --help" fm 0 flash --help
ok "--version" fm 0 --version
mkdir -p "$XDG_CONFIG_HOME/flashmend"
echo '{ "colour": "never" }' >"$XDG_CONFIG_HOME/flashmend/config.json"
ok "unknown key in the configuration" fm 2 list
ok "names the key" said err "E111.*colour"
printf '{\n "color": ' >"$XDG_CONFIG_HOME/flashmend/config.json"
ok "broken configuration" fm 2 list
ok "names file and line" said err 'config.json:[0-9]+:'
for command in "flash -y $work/fw.bin" "verify $work/fw.bin" backup "erase -y" "restore -y" "rollback -y"; do
	ok "${command%% *}" fm 2 $command -m stm32f103x8 -d "port:$work/unit"
	ok "... tells its result" result NONE E111
	ok "... and its error in JSON" fm 2 $command -m stm32f103x8 -d "port:$work/unit" --json
	ok "... as the last object" bash -c "tail -n 1 '$work/out' | jq -e '.type == \"error\" and .code == 111 and .exit == 2'"
done
ok "info" fm 2 info -m stm32f103x8 -d "port:$work/unit"
ok "has no result to tell" test ! -s "$work/out"
echo '{ "color": "never", "station": "bench-1", "backup": "none" }' >"$XDG_CONFIG_HOME/flashmend/config.json"
ok "good configuration" fm 0 list
ok "an option that the command does not know" fm 2 flash -y --result=PASS "$work/fw.bin"
ok "... tells its result" result NONE E110
ok "a log file that can't be" fm 2 flash -y --log-file="$work/none/log" "$work/fw.bin"
ok "... tells its result" result NONE E111
ok "a backup into a file that is there" fm 7 backup -o "$work/fw.bin" -m stm32f103x8 -d "port:$work/unit"
ok "... tells its result" result NONE E305

# ports and units
ok "no unit" fm 4 flash -y -m arduino-uno "$work/fw.bin"
ok "result" result NONE E200
ok "a port that is not there" fm 4 flash -y -m stm32f103x8 -d "port:$work/none" "$work/fw.bin"
ok "result" result NONE E200
ok "no unit within --wait" fm 18 flash -y --wait=1 -m stm32f103x8 -d "port:$work/none" "$work/fw.bin"
sim second --pid 0x410 --fast
ok "ports add" fm 0 ports add "$work/unit" stm32f103x8
ok "ports add" fm 0 ports add "$work/second" stm32f103x8
ok "two units" fm 5 flash -y -m stm32f103x8 "$work/fw.bin"
ok "both are named" said err "$work/second, $work/unit"
ok "list shows both" fm 0 list
ok "as READY" said out "READY +stm32f10.* $work/unit"
ok "ports remove" fm 0 ports remove "$work/second"
ok "one is left: it is the one" fm 0 flash -y "$work/fw.bin"
ok "ports remove" fm 0 ports remove "$work/unit"
ok "not twice" fm 2 ports remove "$work/unit"
stop second

silent=$work/silent
socat "pty,rawer,link=$silent" "pty,rawer,link=$work/silent-other" 2>/dev/null &
units+=($!)
wait_for test -e "$silent"
ok "nobody answers" fm 4 flash -y -m stm32f103x8 -d "port:$silent" "$work/fw.bin"
ok "says what to try" saw 'E206' FAIL "stm32f10x-md@$silent" E206
ok "which is in the record, the unit untouched" bash -c 'flashmend history list --json 2>/dev/null | head -n 1 | jq -e ".unit_state == \"untouched\" and .code == 206"'

bash -c "exec 9<>'$work/unit'; flock -x 9; echo ready; sleep 30" >"$work/holder.log" 2>&1 &
units+=($!)
holder=$!
wait_for grep -q ready "$work/holder.log"
ok "a port in use" fm 6 flash -y $unit "$work/fw.bin"
ok "says by whom" saw "E202.*in use by (bash|sleep) .process [0-9]+" NONE E202
kill $holder
wait $holder 2>/dev/null

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$work"
	chgrp dialout "$(readlink -f "$work/unit")"
	chmod 660 "$(readlink -f "$work/unit")"
	as_nobody() {
		setpriv --reuid=65534 --regid=65534 --clear-groups env HOME=/nonexistent \
			XDG_STATE_HOME="$work/nobody" "$(command -v flashmend)" "$@" >"$work/out" 2>"$work/err" </dev/null
	}
	mkdir -p "$work/nobody" && chown 65534 "$work/nobody"
	if as_nobody --version; then
		exit_is() { local wanted=$1; shift; "$@"; local got=$?; [ $got = "$wanted" ] || { echo "exit $got"; cat "$work/err"; return 1; }; }
		ok "no permission" exit_is 6 as_nobody flash -y $unit "$work/fw.bin"
		ok "says which group" saw 'E203' NONE E203
		ok "and how to join it" said err 'adduser .*dialout'
		ok "list marks it" exit_is 0 as_nobody list
	else
		tests_done=$((tests_done + 1))
		echo "ok $tests_done - no permission # SKIP the build folder cannot be read by an ordinary user"
	fi
else
	tests_done=$((tests_done + 1))
	echo "ok $tests_done - no permission # SKIP only root can become another user"
fi

# files
ok "no file" fm 7 flash -y $unit "$work/none.bin"
ok "result" result NONE E300
: >"$work/empty.bin"
ok "an empty file" fm 7 flash -y $unit "$work/empty.bin"
printf ':0400000001020304F2\n' >"$work/cut.hex"
ok "a cut file" fm 7 flash -y $unit "$work/cut.hex"
ok "says where" said err 'cut.hex:[0-9]+'
printf ':0400000001020304FF\n:00000001FF\n' >"$work/sum.hex"
ok "a wrong checksum" fm 7 flash -y $unit "$work/sum.hex"
ok "says where" said err 'sum.hex:1'
gzip -c "$work/fw.bin" >"$work/fw.bin.gz"
ok "a compressed file" fm 0 flash -y $unit "$work/fw.bin.gz"
head -c 100 "$work/fw.bin.gz" >"$work/cut.gz"
ok "a cut compressed file" fm 7 flash -y $unit "$work/cut.gz"
ok "two files" fm 2 flash -y $unit -f "$work/fw.bin" "$work/fw.bin"
ok "a file of a folder" fm 7 flash -y $unit "$work"

# blocked
random "$work/big.bin" 200000
ok "too large" fm 8 flash -y $unit "$work/big.bin"
printf ':020000040000FA\n:0400000001020304F2\n:00000001FF\n' >"$work/avr.hex"
ok "a file for another memory" fm 8 flash -y $unit "$work/avr.hex"
ok "says which memory there is" said err '0x08000000'
ok "another chip" fm 8 flash -y -m stm32f401xb -d "port:$work/unit" "$work/fw.bin"
ok "says what it is and what it should be" said err 'E211.*0410.*0423'
cp "$work/flash.bin" "$work/before.bin" 2>/dev/null || true
stop unit
ok "all that left the unit as it was" bash -c "gzip -dc '$work/fw.bin.gz' | cmp -n 4096 - '$work/flash.bin'"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast --read-protected
ok "a read protected unit" fm 8 flash -y $unit "$work/fw.bin"
ok "is never unprotected unasked" saw 'E212' NONE E212
ok "check says so too" fm 8 check $unit "$work/fw.bin"
stop unit

# what happens while it is written
sim unit --pid 0x410 --flash "$work/flash.bin" --fast --fault weak=1
ok "a bad flash page" fm 11 flash -y $unit "$work/fw.bin"
ok "says where" saw 'E412.*0x080004' FAIL "stm32f10x-md@$work/unit" E412
stop unit
sim unit --pid 0x410 --flash "$work/flash.bin" --fast --fault cut=2000
ok "power cut" fm 13 flash -y $unit "$work/fw.bin"
ok "says that it was lost" saw 'E414' UNCLEAR "stm32f10x-md@$work/unit" E414
ok "and that it is partial" said err 'partial'
stop unit
ok "the next start says so" fm 0 list
ok "with the way back" said err "flashmend flash -m stm32f10"
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
ok "the same command brings it back" fm 0 flash -y $unit "$work/fw.bin"
ok "then nothing is said any more" fm 0 list
ok "(nothing)" bash -c "! grep -q ATTENTION '$work/err'"
stop unit
sim unit --pid 0x410 --flash "$work/flash.bin" --fast --fault corrupt=700
ok "a corrupted byte on the line" fm 0 flash -y $unit "$work/fw.bin"
stop unit
sim unit --pid 0x410 --flash "$work/flash.bin" --fast --fault lose=700
ok "a lost byte" fm 0 flash -y $unit "$work/fw.bin"
ok "is told of" said err 'starting again'
stop unit

sim unit --pid 0x410 --flash "$work/flash.bin" --fast --fault lose=4420
ok "a byte lost while reading back" fm 0 flash -y $unit "$work/fw.bin"
ok "is told of" said err 'reading again'
stop unit

# texts that would steer the terminal, or break JSON
ok "a model with an escape sequence" fm 2 info -m $'st\033[2J' -d "port:$work/unit"
ok "does not reach the terminal" bash -c "! grep -q $'\033' '$work/err'"
ok "a file name that is not UTF-8" fm 7 verify --json $unit $'/nowhere\xe4.bin'
ok "is still JSON with its code" bash -c "tail -n 1 '$work/out' | jq -e '.code == 300'"

# records
sim unit --pid 0x410 --flash "$work/flash.bin" --fast
export XDG_STATE_HOME=/proc/nowhere
ok "records that cannot be written" fm 17 flash -y $unit "$work/fw.bin"
ok "before the unit was touched" result NONE E500
export XDG_STATE_HOME=$work/state
if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
	mkdir -p "$work/small"
	ok "a full disk" unshare -m bash -c "
		mount -t tmpfs -o size=128k none '$work/small' && mkdir '$work/small/flashmend' &&
		head -c 200k /dev/zero >'$work/small/filler' 2>/dev/null
		XDG_STATE_HOME='$work/small' flashmend flash -y $unit '$work/fw.bin' >'$work/out' 2>'$work/err' </dev/null
		[ \$? = 17 ]"
	ok "says that" saw 'E500' NONE E500
else
	tests_done=$((tests_done + 1))
	echo "ok $tests_done - a full disk # SKIP no private mounts here"
fi
ok "the database is whole" fm 0 history verify
done_testing
