#!/bin/bash
# Every view, one after the other while a unit is written, in two sizes, in the C locale, with --ascii, and without, with
# 8 and with 256 colours, on each TERM: all are drawn, with the frames that the locale allows, and the cursor where the selection is.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

# view NAME FRAME [CURSOR]: it is on the screen, soon
view() {
	local i
	for ((i = 0; i < 50; i++)); do
		view_now "$2" >"$work/view" && break
		sleep 0.1
	done
	if [ "$i" -eq 50 ]; then
		cat "$work/view" "$work/frame"
		return 1
	fi
	[ -z "${3-}" ] || cursor_on "$3"
}
view_now() { # FRAME
	local wanted=$1
	[ "$letters" = unicode ] || wanted=${1//[─│]/[-|]}
	screen >"$work/frame"
	head -n 1 "$work/frame" | grep -q ' flashmend ' || { echo "no title"; return 1; }
	grep -Eq -- "$wanted" "$work/frame" || { echo "no '$wanted'"; return 1; }
	[ "$letters" = unicode ] || ! grep -P '[^\x00-\x7f]' "$work/frame" || { echo "more than ASCII"; return 1; }
	! grep -E 'qqqq|xxxx|lqq' "$work/frame" || { echo "letters in the place of lines"; return 1; }
	[ "$(wc -l <"$work/frame")" -eq "$rows" ] || { echo "not $rows rows"; return 1; }
}

# walk LETTERS COLUMNS ROWS [VARIABLE=VALUE...] [-- OPTION...]
walk() {
	local letters=$1 columns=$2 rows=$3
	tui_live
	bytes=16384 one_unit
	mkdir "$packages/z-notes"
	cp "$packages/app.hex" "$packages/z-notes/firmware.hex"
	cat >"$packages/z-notes/valve.metainfo.xml" <<-END
		<component type="firmware"><id>org.example.valve</id><name>Valve</name>
		  <provides><firmware type="flashed">84f40464-9272-4ef7-9399-cd95f12da696</firmware></provides>
		  <releases><release version="2.0.0" date="2026-01-31"><description><p>Größer: 5 µm.</p></description>
		    <checksum filename="firmware.hex" target="content">$(sha256sum "$packages/app.hex" | cut -d' ' -f1)</checksum>
		  </release></releases>
		</component>
	END
	shift
	open_screen "$@"
	tmux -L "$mux" pipe-pane -t fm "cat >$work/bytes"
	shows '^.READY .*unit' 50 >/dev/null
	press Home
	ok "Devices" view Devices '───' '^>READY'
	press '?'
	shows "Keys of 'Devices'" 20 >/dev/null
	ok "Help" view Help 'F1 .*this text' '^>'
	press Escape
	shows '\[1 Devices\]' 20 >/dev/null
	press Enter
	shows 'not asked yet' 20 >/dev/null
	ok "Details" view Details '───'
	press x
	shows '> Options' 50 >/dev/null
	ok "Options" view Options '───' '^>allow'
	press q
	shows '> Details' 50 >/dev/null
	press s
	shows '> Backups' 50 >/dev/null
	ok "Backups" view Backups '───' 'Nothing was stored'
	press q
	shows '> Details' 50 >/dev/null
	press d
	shows 'ended with 0' 100 >/dev/null
	ok "Page" view Page '───' '^> [a-z]'
	press q
	shows '> Details' 50 >/dev/null
	press 4
	shows '\[4 Library\]' 20 >/dev/null
	press End
	ok "Library" view Library '───' '^>folder .*z-notes'
	press n
	shows ' Notes ' 20 >/dev/null
	ok "Notes" view Notes '───' '^> Gr'
	press q
	shows '\[4 Library\]' 20 >/dev/null
	press 1 f
	shows '\[1 Firmware\]' 20 >/dev/null
	press Home c
	shows '^>WARN' 50 >/dev/null
	ok "Firmware" view Firmware '───' '^>WARN .*app\.hex'
	press Enter
	shows 'READY, with warnings' 50 >/dev/null
	ok "Preflight" view Preflight '\[2 Preflight\]' 'READY, with warnings'
	[ "$columns" -lt 110 ] || ok "what is kept stands beside it" view Preflight ' KEPT$'
	press F
	shows 'last four characters:' 20 >/dev/null
	ok "the question" view question '\[2 Preflight\]' 'last four characters:'
	press 8 7 8 e Enter
	shows 'total|Total .* [1-9][0-9]? %' 50 >/dev/null
	ok "Flash" view Flash '│[-w.>e#=]+│' 'DO NOT UNPLUG'
	ok "Result" eval "shows '\*\*\* PASS' 100 && view Result '\[4 Result\]' '\*\*\* PASS'"
	press 3
	shows '\[3 History\]' 20 >/dev/null
	ok "History" view History '───' '^> +1 .*flash +PASS'
	press u
	shows ' Yield ' 50 >/dev/null
	ok "Yield" view Yield '───' '^>.* 100 % +1 '
	press q
	shows '\[3 History\]' 50 >/dev/null
	press 5
	shows '\[5 Log\]' 20 >/dev/null
	ok "Log" view Log 'flash PASS' '^>'
	tmux -L "$mux" resize-window -t fm -x 60 -y 10
	ok "too small" shows 'too small: 80x24' 20
	[ "$letters" = unicode ] || ok "too small: only ASCII" eval '! screen | grep -P "[^\x00-\x7f]"'
	tmux -L "$mux" resize-window -t fm -x "$columns" -y "$rows"
	press 1 q
	ok "left" shows '^EXIT=0' 30
	stop unit
}
# What was sent to the terminal, from the first to the last view.
color='\e\[([0-9]+;)*(3[0-8]|4[0-8]|9[0-7]|10[0-7])(;[0-9]+)*m'
sent() { grep -qP "$1" "$work/bytes"; }

utf8_132x40() { walk unicode 132 40; }
c_80x24() {
	walk ascii 80 24 LC_ALL=C LANG=C
	ok "only ASCII was sent" eval '! sent "[^\x00-\x7f]"'
}
c_132x40() {
	walk ascii 132 40 LC_ALL=C LANG=C
	ok "only ASCII was sent" eval '! sent "[^\x00-\x7f]"'
}
ascii() { walk ascii 80 24 -- --ascii; }
no_color() {
	walk unicode 80 24 NO_COLOR=1 TERM=xterm-256color
	ok "no colour was sent" eval '! sent "$color"'
}
color_8() {
	walk unicode 80 24 TERM=xterm
	ok "8 colours" sent '\e\[([0-9]+;)*3[0-7](;[0-9]+)*m'
	ok "and no more" eval '! sent "\e\[([0-9]+;)*[34]8;5"'
}
color_256() {
	walk unicode 80 24 TERM=xterm-256color
	ok "256 colours" sent '\e\[([0-9]+;)*38;5;[0-9]+m'
}
together utf8_132x40 c_80x24 c_132x40 ascii
together no_color color_8 color_256

term_linux() { walk unicode 80 24 TERM=linux; }
term_screen() { walk unicode 80 24 TERM=screen; }
term_tmux() { walk unicode 80 24 TERM=tmux; }
term_vt220() { walk unicode 80 24 TERM=vt220; }
term_xterm_mono() {
	walk unicode 80 24 TERM=xterm-mono
	ok "no colour was sent" eval '! sent "$color"'
}
term_ansi() { walk unicode 80 24 TERM=ansi; }
together term_linux term_screen term_tmux
together term_vt220 term_xterm_mono term_ansi
done_testing
