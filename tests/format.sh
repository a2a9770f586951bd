#!/bin/bash
# Every C file is as clang-format leaves it.
cd "${FM_SRC:-.}" || exit 1
if ! command -v clang-format >/dev/null; then
	echo "1..0 # SKIP clang-format is not installed"
	exit 0
fi
n=0
for file in $(find src tests -name '*.[ch]' | sort); do
	n=$((n + 1))
	if errors=$(clang-format --dry-run --Werror "$file" 2>&1); then
		echo "ok $n - $file"
	else
		echo "not ok $n - $file: run clang-format -i on it"
	fi
done
echo "1..$n"
