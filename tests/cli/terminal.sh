# For tests of what is asked on a terminal without screens: a terminal in tmux, of which all lines are kept. Source it behind
# tests/lib.sh.
needs tmux
terminal="tmux -L fm-$$ -f /dev/null"
quit() { $terminal kill-server 2>/dev/null; cleanup; }

# open_terminal COLUMNS ROWS COMMAND: with that command in it
open_terminal() {
	trap quit EXIT
	TERM=xterm $terminal new-session -d -x "$1" -y "$2" "$3"
}

screen() { $terminal capture-pane -p -J -S -200; }
shows() { screen | grep -Eq -- "$1"; }
see() { # see PATTERN: within 10 s
	wait_for shows "$1" && return 0
	screen
	return 1
}

# ask ARGUMENTS...: in a shell, a command for $unit, up to its $question
ask() {
	$terminal send-keys "clear" Enter
	sleep 0.2
	$terminal clear-history
	$terminal send-keys "flashmend $* $unit; echo exit=\$?" Enter
	see "$question"
}
