#!/bin/bash
# The manual: doc/exit-codes.md and the man page name the exit codes that src/base/errors.def gives, all of them and no others, and
# doc/errors.md has a line for each error.
set -u
src=${FM_SRC:?} failed=0
fail() {
	echo "# $*"
	failed=1
}
def=$src/src/base/errors.def
# "NUMBER EXIT" a line
errors=$(sed -n 's/^FM_ERROR([A-Z_0-9]*, \([0-9]*\), \([0-9]*\), .*/\1 \2/p' "$def")
[ "$(wc -l <<<"$errors")" -eq "$(grep -c '^FM_ERROR' "$def")" ] || fail "errors.def has lines that are not understood"
wanted=$({ echo 0; cut -d' ' -f2 <<<"$errors"; } | sort -nu)

# the first column of the table
listed=$(sed -n 's/^| \([0-9][0-9, ]*\) |.*/\1/p' "$src/doc/exit-codes.md" | tr -d ' ' | tr , '\n' | sort -n)
[ "$listed" = "$wanted" ] || fail "exit-codes.md: $(diff <(echo "$wanted") <(echo "$listed") | grep '[<>]' | tr '\n' ' ')"
# an error that the table names stands in the row of its exit code
while read -r exit number; do
	grep -qx "$number $exit" <<<"$errors" || fail "exit-codes.md: E$number is not an error with exit code $exit"
done < <(perl -ne 'if (/^\| (\d+) \|/) { my $row = $1; print "$row $1\n" while /E(\d+)/g }' "$src/doc/exit-codes.md")

# "  4  no unit                    5  ambiguous": numbers at the start of a line or behind two blanks
manual=$(sed -n '/^\.SH EXIT STATUS/,/^\.fi/p' "$src/doc/flashmend.1" |
	perl -ne 'while (/(?:^ *|  +)(\d+(?:, \d+)*)  (?=\S)/g) { print "$_\n" for split /, /, $1 }' | sort -n)
[ "$manual" = "$wanted" ] || fail "flashmend.1: $(diff <(echo "$wanted") <(echo "$manual") | grep '[<>]' | tr '\n' ' ')"

made=$(sed -f "$src/doc/errors.sed" "$def" | sed -n 's/^| E\([0-9]*\) | \([0-9]*\) |.*/\1 \2/p')
[ "$made" = "$errors" ] || fail "errors.md lacks errors"
[ -z "$(cut -d' ' -f1 <<<"$errors" | sort | uniq -d)" ] || fail "a number is given twice"
# errors that the documentation talks of are errors that there are
while read -r file number; do
	grep -q "^${number#E} " <<<"$errors" || fail "$file: there is no $number"
done < <(cd "$src" && grep -Eo '\bE[1-5][0-9]{2}\b' README.md doc/*.md doc/*.1 | tr : ' ' | sort -u)

# every option and command stands in the man page; of the options the table says which there are
while read -r option; do
	grep -q -- "\\\\-\\\\-${option//-/\\\\-}\>" "$src/doc/flashmend.1" || fail "flashmend.1 lacks --$option"
done < <(sed -n '/^static const struct option_entry option_table/,/^};/s/^\t{ "\([a-z-]*\)", .*/\1/p' "$src/src/front/cli/options.c")
while read -r command; do
	grep -Eq "^\.B[RI]* .*\b$command\b" "$src/doc/flashmend.1" || fail "flashmend.1 lacks '$command'"
done < <(sed -n 's/^\t{ "\([a-z]*\)[a-z ]*", .*/\1/p' "$src/src/front/cli/cli.c" | sort -u)

echo 1..1
[ $failed = 0 ] && echo "ok 1 - the documentation names the exit codes and errors that there are" || echo "not ok 1 - exit codes"
