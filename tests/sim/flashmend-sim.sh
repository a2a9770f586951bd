#!/bin/bash
# The program flashmend-sim: its options, its signals and what it leaves behind.
program=${FM_BUILD:-.}/flashmend-sim
dir=$(mktemp -d) || exit 1
sim=
trap '[ -n "$sim" ] && kill "$sim" 2>/dev/null; rm -rf "$dir"' EXIT

n=0
check() { # check NAME COMMAND...
	n=$((n + 1))
	if "${@:2}" >"$dir/log" 2>&1; then
		echo "ok $n - $1"
	else
		echo "not ok $n - $1"
		sed 's/^/# /' "$dir/log"
	fi
}

fails() { # fails CODE TEXT OPTION...
	timeout 10 "$program" "${@:3}" >"$dir/out" 2>"$dir/err"
	local code=$?
	cat "$dir/out" "$dir/err"
	[ "$code" = "$1" ] && grep -q -- "$2" "$dir/err" && [ ! -s "$dir/out" ]
}

lines() { # lines COUNT PATTERN: so many lines of what it said, soon
	for _ in $(seq 100); do
		[ "$(grep -c "$2" "$dir/said")" -ge "$1" ] && break
		sleep 0.05
	done
	cat "$dir/said"
	[ "$(grep -c "$2" "$dir/said")" = "$1" ]
}

start() {
	"$program" stm32 "$@" >"$dir/said" &
	sim=$!
}

stop() { # ends with code 0
	kill -"${1:-TERM}" "$sim" && wait "$sim"
}

check "help" eval '"$program" --help | grep -q "^  dfu "'
check "help on a unit" eval '"$program" stm32 --help | grep -q -- --read-protected'
check "help names the parts" eval '"$program" stm32 --help | grep -q 0x410'
for unit in dfu dfuse picoboot touch uf2; do
	check "help on $unit" eval '"$program" $unit --help | grep -q -- "--count=N"'
	check "$unit: unknown option" fails 2 "melt" $unit --melt
	check "$unit: too many units" fails 2 "count" $unit --count=9
done
check "touch into nothing" fails 2 "into" touch into z80
check "a boot loader hands over to none" fails 2 "into" dfu into touch
check "version" eval '"$program" --version | grep -q "^flashmend-sim [0-9]"'
check "no unit" fails 2 "say which unit"
check "another unit" fails 2 "say which unit" z80
check "two units" fails 2 "say which unit" stm32 stm32
check "unknown option" fails 2 "melt" stm32 --melt
check "unknown part" fails 2 "0x999" stm32 --pid=0x999
check "number that is none" fails 2 "pid" stm32 --pid=F103
check "negative number" fails 2 "count" stm32 --count=-1
check "too many units" fails 2 "count" stm32 --count=1000
check "unknown fault" fails 2 "melt" stm32 --fault=melt=3
check "fault without number" fails 2 "KIND=N" stm32 --fault=cut
check "folder for the link is not there" fails 1 "$dir/no/port" stm32 --link="$dir/no/port"
touch "$dir/file"
check "a file is no link" fails 1 "$dir/file" stm32 --link="$dir/file"
check "and stays" test -f "$dir/file"
head -c 200000 /dev/zero >"$dir/large"
check "flash file larger than the flash" fails 1 "larger" stm32 --flash="$dir/large"
check "flash file in no folder is told at the end" eval '
	start --flash="$dir/no/flash" 2>"$dir/err"; lines 1 "^ready"; ! stop && grep -q "$dir/no/flash" "$dir/err"'

start --link="$dir/port" --count=3 --flash="$dir/flash"
check "three units are ready" lines 3 '^ready /dev/pts/[0-9]* .*/port-[123]$'
check "with a link each" test -c "$dir/port-1" -a -c "$dir/port-2" -a -c "$dir/port-3"
check "SIGTERM ends them well" stop
check "no link is left" test ! -L "$dir/port-1" -a ! -L "$dir/port-3"
head -c 131072 /dev/zero | tr '\0' '\377' >"$dir/blank"
check "blank flash of each is in its file" eval 'cmp "$dir/blank" "$dir/flash-1" && cmp "$dir/blank" "$dir/flash-3"'

start --link="$dir/port"
check "one unit has no number" lines 1 '^ready .*/port$'
check "SIGINT ends it well" stop INT

# Raw bytes: the shell is the host.
exchange() { # exchange BYTES COUNT EXPECTED
	local port=$dir/port got
	stty -F "$port" 115200 raw -echo min 0 time 5 || return 1
	exec 5<>"$port"
	printf '%b' "$1" >&5
	got=$(head -c "$2" <&5 | od -An -tx1 | tr -d ' \n')
	exec 5>&-
	echo "got $got"
	[ "$got" = "$3" ]
}

start --link="$dir/port" --no-reset-line --fault=cut=4 --power-back=300
check "ready before the power cut" lines 1 '^ready'
check "it speaks" exchange '\x7f' 1 79
check "and goes dark with the 4th byte" eval 'exchange "\x02\xfd\x02" 5 7901041079; lines 1 "^dark"'
check "power comes back by itself" lines 2 '^ready'
check "it has forgotten its host" exchange '\x02\xfd\x7f' 1 79
kill -USR1 "$sim"
sleep 0.4
check "SIGUSR1 is a power cut as well" exchange '\x02\xfd\x7f' 1 79
check "and keeps the port" lines 2 '^ready'
check "it ends well" stop

printf '\0\120\0\040\101\0\0\010 fm-sim-version=1.2.3 ' >"$dir/flash"
start --link="$dir/port" --flash="$dir/flash" --application
check "ready with an application" lines 1 '^ready'
check "it tells its version" exchange 'V\n' 14 666d2d73696d20312e322e330d0a
check "it goes into its boot loader" exchange 'BOOT\n\x7f' 1 79
check "it ends well again" stop
sim=
echo "1..$n"
