# For tests of the screens: flashmend in tmux, keys in, the screen out. Source it after tests/lib.sh.
needs tmux
locale -a 2>/dev/null | grep -qi '^C.utf' || skip_all "there is no locale C.UTF-8"
tui_cleanup() {
	tmux -L "$mux" kill-server 2>/dev/null
	cleanup
}
# A terminal server and a library of one's own; once more in each part of `together`.
tui_live() {
	mux=fm-$BASHPID
	trap tui_cleanup EXIT
	packages=$XDG_DATA_HOME/flashmend/packages
	mkdir -p "$packages"
}
tui_live
exec 4>&1 # for figures

# open COLUMNS ROWS [VARIABLE=VALUE...] [-- OPTION...]: flashmend on a terminal of its own
open_screen() {
	local columns=$1 rows=$2 env=()
	shift 2
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		env+=("$1")
		shift
	done
	[ $# -eq 0 ] || shift
	# another session keeps the server, which would end behind the last one
	tmux -L "$mux" -f /dev/null has-session -t keep 2>/dev/null ||
		tmux -L "$mux" -f /dev/null new-session -d -s keep 'exec sleep 10000'
	tmux -L "$mux" kill-session -t fm 2>/dev/null
	tmux -L "$mux" new-session -d -s fm -x "$columns" -y "$rows" \
		"echo BEFORE; stty -g >$work/stty
		env -u LC_ALL LANG=C.UTF-8 ${env[*]-} sh -c 'echo \$\$ >$work/pid; exec flashmend $*'
		echo \"EXIT=\$?\"; stty -g >$work/stty-after; exec sleep 1000"
}
# After the end: the terminal is as it was before, whatever mode it was in.
restored() {
	wait_for test -s "$work/stty-after" && cmp "$work/stty" "$work/stty-after" && seen '^BEFORE' &&
		test "$(tmux -L "$mux" display-message -p -t fm '#{alternate_on}#{mouse_any_flag}#{cursor_flag}#{keypad_cursor_flag}')" = 0010
}
pid() { cat "$work/pid"; }
screen() { tmux -L "$mux" capture-pane -p -t fm; }
# press KEY...: as tmux send-keys takes them. A capital letter counts only where it does not come close behind another key: a
# hand is slower than this script.
press() {
	[[ $1 != [A-Z] ]] || sleep 0.1
	tmux -L "$mux" send-keys -t fm "$@"
}
seen() { screen | grep -Eq -- "$1"; }
# shows PATTERN [TENTHS OF A SECOND]; looks every $step tenths
step=1
shows() {
	local i
	for ((i = 0; i < ${2:-100}; i += step)); do
		seen "$1" && return 0
		sleep "0.$step"
	done
	echo "no '$1' on:"
	screen
	return 1
}
lacks() {
	seen "$1" || return 0
	echo "'$1' on:"
	screen
	return 1
}
cursor_at() { tmux -L "$mux" display-message -p -t fm '#{cursor_y}'; } # row, from 0
cursor_line() { screen | sed -n "$(($(cursor_at) + 1))p" | grep -Eq -- "$1"; }
# The line that the cursor is on matches, soon.
cursor_on() {
	local i
	for ((i = 0; i < 50; i++)); do
		cursor_line "$1" && return 0
		sleep 0.1
	done
	echo "the cursor is not on '$1' of:"
	screen
	return 1
}
# soon MILLISECONDS PATTERN: that is seen so soon after $began (see now_ms); looks as often as it can. Says how soon.
soon() {
	local took
	while ! seen "$2"; do
		[ $(($(now_ms) - began)) -le $((5 * $1)) ] || break
	done
	took=$(($(now_ms) - began))
	echo "# $took ms" >&4
	[ "$took" -le "$1" ] && return 0
	echo "'$2' took $took ms:"
	screen
	return 1
}
now_ms() { date +%s%3N; }
records() { flashmend history list --json 2>/dev/null; }

# One simulated STM32 that the records know as a port, and a firmware file for it.
one_unit() { # OPTION...
	sim unit --pid 0x410 --flash "$work/flash.bin" "$@"
	flashmend ports add "$work/unit" stm32f103x8
	vectors "$work/fw.bin" "${bytes:-16384}"
	objcopy -I binary -O ihex --change-addresses 0x08000000 "$work/fw.bin" "$packages/app.hex"
}
# From the devices to the checks before writing.
to_preflight() {
	shows '^.(READY|RESCUE!).*unit' && press Home && shows '^>(READY|RESCUE!).*unit' && press f && shows '\[1 Firmware\]' && press Enter &&
		shows 'READY, with warnings'
}
# confirm KEY: what that capital letter asks for. The simulated unit's number ends in 878e.
confirm() {
	press "$1" && shows 'last four characters:' >&2 && press 8 7 8 e Enter
}
# ... and to the first written byte.
to_write() {
	to_preflight && confirm F && shows 'DO NOT UNPLUG'
}
# Without screens: the unit of the list, whose $number it is, is chosen.
choose_unit() {
	shows '^ *[0-9]+  READY .*unit' >&2 || return
	number=$(screen | sed -n 's/^ *\([0-9]*\)  READY .*/\1/p')
	press "$number" Enter && shows '3  flash a file' >&2
}
