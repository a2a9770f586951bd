# For tests of the screens: flashmend in tmux, keys in, the screen out. Source it after tests/lib.sh.
command -v tmux >/dev/null || skip_all "tmux is not installed"
locale -a 2>/dev/null | grep -qi '^C.utf' || skip_all "there is no locale C.UTF-8"
mux=fm-$$
tui_cleanup() {
	tmux -L "$mux" kill-server 2>/dev/null
	cleanup
}
trap tui_cleanup EXIT
packages=$XDG_DATA_HOME/flashmend/packages
mkdir -p "$packages"

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
		"env -u LC_ALL LANG=C.UTF-8 ${env[*]-} sh -c 'echo \$\$ >$work/pid; exec flashmend $*'; echo \"EXIT=\$?\"; exec sleep 1000"
}
pid() { cat "$work/pid"; }
screen() { tmux -L "$mux" capture-pane -p -t fm; }
# press KEY...: as tmux send-keys takes them
press() { tmux -L "$mux" send-keys -t fm "$@"; }
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
# The line that the cursor is on matches, soon.
cursor_line() {
	local line
	line=$(($(tmux -L "$mux" display-message -p -t fm '#{cursor_y}') + 1))
	screen | sed -n "${line}p" | grep -Eq -- "$1"
}
cursor_on() {
	local i
	for ((i = 0; i < 10; i++)); do
		cursor_line "$1" && return 0
		sleep 0.1
	done
	echo "the cursor is not on '$1' of:"
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
# ... and to the first written byte. The simulated unit's number ends in 878e.
to_write() {
	to_preflight && press F && shows 'last four characters' && press 8 7 8 e Enter && shows 'DO NOT UNPLUG'
}
