# bash completion for flashmend: commands, options and models as the program itself tells them
_flashmend() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words word
	words=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] || words+=("$word")
	done
	if [[ $cur == -* ]]; then
		word=$(flashmend "${words[@]:0:2}" --help 2>/dev/null || flashmend "${words[@]:0:1}" --help 2>/dev/null)
		mapfile -t COMPREPLY < <(compgen -W "$(grep -o -- '--[a-z-]*' <<<"$word")" -- "$cur")
		return
	fi
	case $prev in
	-m | --model | show)
		mapfile -t COMPREPLY < <(compgen -W "$(flashmend catalog list 2>/dev/null | cut -d' ' -f1)" -- "$cur")
		return
		;;
	-d | --device)
		# ports, and places on USB: neither needs a word with a colon, at which bash would break it
		mapfile -t COMPREPLY < <(compgen -W "$(
			compgen -G '/dev/tty[UA]*'
			compgen -G '/sys/bus/usb/devices/[0-9]*-*' | sed -n 's,.*/\([0-9.-]*\)$,\1,p'
		)" -- "$cur")
		return
		;;
	--format)
		word='raw ihex srec elf uf2 dfu dfuse mcuboot esp uimage'
		[ "${words[*]:0:2}" != 'history export' ] || word='json csv junit'
		mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
		return
		;;
	--signature)
		mapfile -t COMPREPLY < <(compgen -W 'required warn ignore' -- "$cur")
		return
		;;
	--backup)
		mapfile -t COMPREPLY < <(compgen -W 'wanted required none' -- "$cur")
		return
		;;
	--allow)
		mapfile -t COMPREPLY < <(compgen -W 'config unit path' -- "$cur")
		return
		;;
	restore)
		mapfile -t COMPREPLY < <(compgen -W "$(flashmend history backups 2>/dev/null | awk '{ print $1; print $3 }' | sort -u)" -- "$cur")
		return
		;;
	--ui)
		mapfile -t COMPREPLY < <(compgen -W 'auto tui plain' -- "$cur")
		return
		;;
	--space)
		mapfile -t COMPREPLY < <(compgen -W 'flash alt1 alt2 alt3 alt4 alt5 alt6 alt7' -- "$cur")
		return
		;;
	-f | --firmware | -o | --output | check | flash | verify | lint | inspect)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	if [ ${#words[@]} -eq 0 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(flashmend --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | sort -u)" -- "$cur")
	elif [ ${#words[@]} -eq 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(flashmend --help | sed -n "s/^  ${words[0]} \([a-z]*\) .*/\1/p")" -- "$cur")
		[ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -o filenames -F _flashmend flashmend
