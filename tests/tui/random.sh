#!/bin/bash
# Random keys and resizes on a bench of simulated units while jobs run: no crash, no hang, nothing written that no capital
# letter began, a record of every job. FM_KEYS says how many keys, FM_SEED which ones.
. "${FM_SRC:?}/tests/lib.sh"
. "${FM_SRC:?}/tests/tui/lib.sh"

keys=${FM_KEYS:-2000} seed=${FM_SEED:-1}
one_unit
start more flashmend-sim stm32 --count 3 --link "$work/zz" --pid 0x410 --fast
for i in 1 2 3; do
	flashmend ports add "$work/zz-$i" stm32f103x8
done
cp "$packages/app.hex" "$packages/second.hex"

# Hexadecimal, as tmux send-keys -H takes them: letters and digits, Enter, Esc, Tab, arrows. Without q, Ctrl-C, Ctrl-Z and
# F10 (Esc and 0), which leave; never long texts into the prompt for a folder.
some_keys() { # COUNT SEED LETTERS
	perl -e '
		my ($count, $seed, $letters) = @ARGV;
		srand($seed);
		my @one = (map({ sprintf "%02x", ord } split(//, $letters)), ("0d") x 6, ("1b") x 2, "09",
			("1b 5b 41") x 4, ("1b 5b 42") x 4, "1b 5b 46", "1b 5b 48", "1b 5b 31 38 7e", "7f", "e2 82 ac", "1b 5b 39 39 7e");
		print $one[rand @one], ($_ % 20 ? " " : "\n") for 1 .. $count' "$@"
}
throw() { # COUNT SEED LETTERS
	some_keys "$@" >"$work/keys"
	while read -r line; do
		tmux -L "$mux" send-keys -t fm -H $line
		# a capital letter counts by itself alone
		[ "$3" = "${3,,}" ] || { sleep 0.05; press "$(perl -e 'print((qw(F F E S R U))[rand 6])')"; }
		[ $((RANDOM % 4)) -gt 0 ] ||
			tmux -L "$mux" resize-window -t fm -x $((RANDOM % 160 + 1)) -y $((RANDOM % 60 + 1))
		sleep 0.05
	done <"$work/keys"
	tmux -L "$mux" resize-window -t fm -x 80 -y 24
}
# It answers within a second.
lives() {
	press Escape Escape Escape
	sleep 0.2 # Esc and a digit at once are a function key
	press 5
	shows '\[5 Log\]' 10
}

RANDOM=$seed
cd "$work" || exit 1 # backups with random names go there
open_screen 80 24
ok "the list" shows '^.READY .*unit' 30
throw $((keys / 2)) "$seed" 'abcdefghijklmnprstuvwxyz123456789/?.'
ok "small letters: it lives" lives
ok "and nothing was written" bash -c "! flashmend history list --json 2>/dev/null | grep -E '\"verb\":\"(flash|erase)\"'"
# Without o and F5: another folder would have no files for the next write.
for i in 1 2 3 4 5; do
	lives >/dev/null
	press 1
	shows '^.(READY|RESCUE!).*unit' 300 >/dev/null
	ok "a unit is written" to_write
	throw $((keys / 10)) $((seed + i)) 'abcdefghijklmnprstuvwxyz12346789/?.FFFFFFEESSABCDGHIJKLMNOPQRTUVWXYZ878e878e'
	ok "all letters meanwhile: it lives" lives
done
kill -TERM "$(pid)"
ok "it ends when it is told to" shows '^EXIT=(143|[0-9]+)' 200
ok "not by a crash" bash -c "! tmux -L $mux capture-pane -p -t fm | grep -E 'EXIT=(1|13[0-9]|[2-9][0-9][0-9])\$|Sanitizer'"
ok "every job has its end in the records" bash -c "flashmend history list --json 2>/dev/null | jq -e -s 'all(.result != \"\")'"
ok "those that were begun among them" test "$(records | grep -c '"bytes_written":[1-9]')" -ge 5
ok "the chain of records is whole" fm 0 history verify
done_testing
