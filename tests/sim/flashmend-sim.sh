#!/bin/bash
# The program flashmend-sim: its options, its signals and what it leaves behind.
. "${FM_SRC:?}/tests/lib.sh"
program=$build/flashmend-sim

fails() { # fails CODE TEXT OPTION...
	timeout 10 "$program" "${@:3}" >"$work/out" 2>"$work/err"
	local code=$?
	cat "$work/out" "$work/err"
	[ "$code" = "$1" ] && grep -q -- "$2" "$work/err" && [ ! -s "$work/out" ]
}

lines() { # lines COUNT PATTERN: so many lines of what it said, soon
	for _ in $(seq 100); do
		[ "$(grep -c "$2" "$work/said")" -ge "$1" ] && break
		sleep 0.05
	done
	cat "$work/said"
	[ "$(grep -c "$2" "$work/said")" = "$1" ]
}

start() {
	"$program" stm32 "$@" >"$work/said" &
	sim=$!
	units+=("$sim")
}

stop() { # ends with code 0
	kill -"${1:-TERM}" "$sim" && wait "$sim"
}

ok "help" eval '"$program" --help | grep -q "^  dfu "'
ok "help on a unit" eval '"$program" stm32 --help | grep -q -- --read-protected'
ok "help names the parts" eval '"$program" stm32 --help | grep -q 0x410'
for unit in dfu dfuse picoboot touch uf2; do
	ok "help on $unit" eval '"$program" $unit --help | grep -q -- "--count=N"'
	ok "$unit: unknown option" fails 2 "melt" $unit --melt
	ok "$unit: too many units" fails 2 "count" $unit --count=9
done
ok "touch into nothing" fails 2 "into" touch into z80
ok "a boot loader hands over to none" fails 2 "into" dfu into touch
ok "version" eval '"$program" --version | grep -q "^flashmend-sim [0-9]"'
ok "no unit" fails 2 "say which unit"
ok "another unit" fails 2 "say which unit" z80
ok "two units" fails 2 "say which unit" stm32 stm32
ok "unknown option" fails 2 "melt" stm32 --melt
ok "unknown part" fails 2 "0x999" stm32 --pid=0x999
ok "number that is none" fails 2 "pid" stm32 --pid=F103
ok "negative number" fails 2 "count" stm32 --count=-1
ok "too many units" fails 2 "count" stm32 --count=1000
ok "unknown fault" fails 2 "melt" stm32 --fault=melt=3
ok "fault without number" fails 2 "KIND=N" stm32 --fault=cut
ok "folder for the link is not there" fails 1 "$work/no/port" stm32 --link="$work/no/port"
touch "$work/file"
ok "a file is no link" fails 1 "$work/file" stm32 --link="$work/file"
ok "and stays" test -f "$work/file"
head -c 200000 /dev/zero >"$work/large"
ok "flash file larger than the flash" fails 1 "larger" stm32 --flash="$work/large"
ok "flash file in no folder is told at the end" eval '
	start --flash="$work/no/flash" 2>"$work/err"; lines 1 "^ready"; ! stop && grep -q "$work/no/flash" "$work/err"'

start --link="$work/port" --count=3 --flash="$work/flash"
ok "three units are ready" lines 3 '^ready /dev/pts/[0-9]* .*/port-[123]$'
ok "with a link each" test -c "$work/port-1" -a -c "$work/port-2" -a -c "$work/port-3"
ok "SIGTERM ends them well" stop
ok "no link is left" test ! -L "$work/port-1" -a ! -L "$work/port-3"
head -c 131072 /dev/zero | tr '\0' '\377' >"$work/blank"
ok "blank flash of each is in its file" eval 'cmp "$work/blank" "$work/flash-1" && cmp "$work/blank" "$work/flash-3"'

start --link="$work/port"
ok "one unit has no number" lines 1 '^ready .*/port$'
ok "SIGINT ends it well" stop INT

# Raw bytes: the shell is the host.
exchange() { # exchange BYTES COUNT EXPECTED
	local port=$work/port got
	stty -F "$port" 115200 raw -echo min 0 time 5 || return 1
	exec 5<>"$port"
	printf '%b' "$1" >&5
	got=$(head -c "$2" <&5 | od -An -tx1 | tr -d ' \n')
	exec 5>&-
	echo "got $got"
	[ "$got" = "$3" ]
}

start --link="$work/port" --no-reset-line --fault=cut=4 --power-back=300
ok "ready before the power cut" lines 1 '^ready'
ok "it speaks" exchange '\x7f' 1 79
ok "and goes dark with the 4th byte" eval 'exchange "\x02\xfd\x02" 5 7901041079; lines 1 "^dark"'
ok "power comes back by itself" lines 2 '^ready'
ok "it has forgotten its host" exchange '\x02\xfd\x7f' 1 79
kill -USR1 "$sim"
sleep 0.4
ok "SIGUSR1 is a power cut as well" exchange '\x02\xfd\x7f' 1 79
ok "and keeps the port" lines 2 '^ready'
ok "it ends well" stop

printf '\0\120\0\040\101\0\0\010 fm-sim-version=1.2.3 ' >"$work/flash"
start --link="$work/port" --flash="$work/flash" --application
ok "ready with an application" lines 1 '^ready'
ok "it tells its version" exchange 'V\n' 14 666d2d73696d20312e322e330d0a
ok "it goes into its boot loader" exchange 'BOOT\n\x7f' 1 79
ok "it ends well again" stop
done_testing
