#!/bin/bash
# Each header compiles alone.
cd "${FM_SRC:-.}" || exit 1
n=0
for header in $(find src -name '*.h' | sort); do
	n=$((n + 1))
	if errors=$(${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror -Isrc -fsyntax-only -x c \
		-include "$header" /dev/null 2>&1); then
		echo "ok $n - $header"
	else
		echo "not ok $n - $header"
		sed 's/^/# /' <<<"$errors"
	fi
done
echo "1..$n"
