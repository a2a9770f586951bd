#!/bin/bash
# Each sentence of tests/tui/review.list has its check, in a test that is run.
. "${FM_SRC:?}/tests/lib.sh"
list=$src/tests/tui/review.list

# there TEST CHECK
there() {
	local name=${1%.c}
	grep -q "\b$name\b" "$src/Makefile.am" || { echo "$1 is not run"; return 1; }
	case $1 in
	*.c) grep -Fq "cmocka_unit_test($2)" "$src/$1" ;;
	*) grep -Eq '^[^#]*\bok ' "$src/$1" && grep -F "ok \"$2" "$src/$1" | grep -vq '^[[:space:]]*#' ;;
	esac || { echo "there is no '$2' in $1"; return 1; }
}

while IFS='|' read -r sentence test check; do
	[[ $sentence != '#'* && -n $sentence ]] || continue
	test=${test// /} check=${check# }
	ok "$sentence: $check" there "$test" "$check"
done <"$list"
ok "none is missing" test "$tests_done" -ge 60
ok "what is not there is found out" eval '! there tests/tui/flash.sh "no such check" && ! there tests/tui/lib.sh ""'
done_testing
