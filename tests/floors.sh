#!/bin/bash
# A folder of src/ includes itself and what src/floors names beside it, nothing else.
cd "${FM_SRC:-.}" || exit 1
declare -A may
while IFS=: read -r folder others; do
	case $folder in ''|\#*) continue ;; esac
	may[$folder]=$others
done <src/floors

n=0
for file in $(find src -name '*.[ch]' | sort); do
	folder=$(dirname "${file#src/}")
	[ "$folder" = . ] && folder=$(basename "$file")
	n=$((n + 1))
	if [ -z "${may[$folder]+set}" ]; then
		echo "not ok $n - $file lies in a folder that src/floors does not know"
		continue
	fi
	wrong=
	while read -r included; do
		of=$(dirname "$included")
		case " $folder ${may[$folder]} " in
		*" $of "*|*" * "*) ;;
		*) wrong="$wrong $included" ;;
		esac
		[ -e "src/$included" ] || wrong="$wrong $included(missing)"
	done < <(sed -n 's/^[[:space:]]*#[[:space:]]*include "\(.*\)".*/\1/p' "$file")
	if [ -n "$wrong" ]; then
		echo "not ok $n - $file must not include:$wrong"
	else
		echo "ok $n - $file"
	fi
done
echo "1..$n"
