# For shell tests that run the programs as users do: TAP, folders of their own, units that end with the test.
# Source it; end with `done_testing`.
set -u
export LC_ALL=C
src=${FM_SRC:?} build=${FM_BUILD:?}
export FLASHMEND_DEVICES=$src/devices
unset NO_COLOR
PATH=$build:$PATH

# everything in a folder of its own
live_in() {
	work=$1 tests_done=0 units=()
	export XDG_STATE_HOME=$work/state XDG_DATA_HOME=$work/data XDG_CONFIG_HOME=$work/config
	definitions=$XDG_DATA_HOME/flashmend/devices
	trap cleanup EXIT
	# A backup reads the whole memory at the line's rate: tests of other things go without.
	mkdir -p "$XDG_CONFIG_HOME/flashmend"
	echo '{ "backup": "none" }' >"$XDG_CONFIG_HOME/flashmend/config.json"
}

cleanup() {
	local pid
	for pid in ${units[@]+"${units[@]}"}; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	[ -n "${KEEP-}" ] || rm -rf "$work"
}
live_in "$(mktemp -d)"

# ok NAME COMMAND...: the command succeeds
ok() {
	local name=$1
	shift
	tests_done=$((tests_done + 1))
	if "$@" >"$work/ok.out" 2>&1; then
		echo "ok $tests_done - $name"
	else
		echo "not ok $tests_done - $name (status $?)"
		sed 's/^/# /' "$work/ok.out"
	fi
}

# define FILE: definitions of the user's own, from stdin
define() {
	mkdir -p "$definitions"
	{ echo '<devices format="1">' && cat && echo '</devices>'; } >"$definitions/$1"
}

# what is defined from now on are all definitions that there are
only_own() {
	definitions=$work/devices
	mkdir "$definitions"
	cp "$src/devices/device.rng" "$definitions"
	export FLASHMEND_DEVICES=$definitions
}

# the model "mine": an STM32 whose application shows itself for 3 s
define_blinking() {
	define mine.xml <<-'END'
		<board id="mine" vendor="me" name="Mine">
		  <loader name="ROM" protocol="stm32-uart" chip="stm32f10x-md">
		    <serial baud="115200" framing="8E1"/>
		  </loader>
		  <blink mode="application" for-ms="3000" baud="115200" framing="8E1">
		    <send text="blink\r"/>
		    <wait ms="250"/>
		    <discard/>
		  </blink>
		</board>
	END
}

# fm EXIT ARGUMENTS...: run flashmend; its output is in $work/out and $work/err
fm() {
	local wanted=$1 got
	shift
	flashmend "$@" >"$work/out" 2>"$work/err" </dev/null
	got=$?
	[ $got -eq "$wanted" ] && return 0
	echo "flashmend $*: exit $got, not $wanted"
	cat "$work/out" "$work/err"
	return 1
}

# said FILE PATTERN: an extended regular expression in $work/FILE
said() {
	grep -Eq -- "$2" "$work/$1" && return 0
	echo "no '$2' in:"
	cat "$work/$1"
	return 1
}

result() {
	[ "$(tail -n 1 "$work/out")" = "RESULT $*" ] && return 0
	echo "the last line is not 'RESULT $*':"
	cat "$work/out" "$work/err"
	return 1
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

# needs TOOL...: without each of them there is nothing to test
needs() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null || skip_all "$tool is not installed"
	done
}

wait_for() {
	local i
	for ((i = 0; i < 200; i++)); do
		"$@" && return 0
		sleep 0.05
	done
	return 1
}

# start NAME COMMAND...: a unit in the background, ready when it says so; its port is $work/NAME
start() {
	local name=$1
	shift
	: >"$work/$name.log"
	"$@" >>"$work/$name.log" 2>&1 &
	units+=($!)
	declare -g "pid_$name=$!"
	wait_for grep -q '^ready' "$work/$name.log" && return 0
	echo "Bail out! $* did not start"
	cat "$work/$name.log"
	exit 1
}

# sim NAME OPTIONS...: a simulated STM32
sim() {
	local name=$1
	shift
	start "$name" flashmend-sim stm32 --link "$work/$name" "$@"
}

stop() {
	local pid="pid_$1" i
	kill "${!pid}" 2>/dev/null
	wait "${!pid}" 2>/dev/null
	for i in "${!units[@]}"; do
		[ "${units[i]}" != "${!pid}" ] || unset "units[i]"
	done
	return 0
}

# random FILE BYTES [SEED]: the same bytes for the same seed
random() {
	perl -e 'srand($ARGV[1]); print pack("C*", map { int(rand(255)) } 1 .. $ARGV[0])' "$2" "${3:-1}" >"$1"
}

# vectors FILE BYTES [SEED]: the same, beginning like firmware of an STM32F103
vectors() {
	random "$1" "$2" "${3:-1}"
	printf '\x00\x50\x00\x20\x01\x01\x00\x08' | dd of="$1" bs=1 conv=notrunc status=none
}

# together FUNCTION...: tests that wait for wires side by side, each with a folder of its own; then what they said,
# one after the other
together() {
	local part line pids=()
	for part; do
		mkdir "$work/$part"
		(
			live_in "$work/$part"
			"$part"
			echo "end of $part"
		) >"$work/$part.tap" 2>&1 &
		pids+=($!)
	done
	wait "${pids[@]}"
	for part; do
		while IFS= read -r line; do
			[ "$line" != "end of $part" ] || continue
			[[ $line =~ ^((not )?ok)\ [0-9]+\ -\ (.*) ]] || { echo "# $part: $line"; continue; }
			tests_done=$((tests_done + 1))
			echo "${BASH_REMATCH[1]} $tests_done - $part: ${BASH_REMATCH[3]}"
		done <"$work/$part.tap"
		ok "$part: came to its end" grep -q "^end of $part" "$work/$part.tap"
	done
}

done_testing() {
	echo "1..$tests_done"
}
