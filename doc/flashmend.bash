# bash completion for flashmend: commands, options and models as the program itself tells them
_flashmend_offer() { # _flashmend_offer WORDS: those that begin as $cur does
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_flashmend_files() {
	mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_flashmend() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words word
	words=()
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] || words+=("$word")
	done
	if [[ $cur == -* ]]; then
		word=$(flashmend "${words[@]:0:2}" --help 2>/dev/null || flashmend "${words[@]:0:1}" --help 2>/dev/null)
		_flashmend_offer "$(grep -o -- '--[a-z-]*' <<<"$word")"
		return
	fi
	case $prev in
	-m | --model | show)
		_flashmend_offer "$(flashmend catalog list 2>/dev/null | cut -d' ' -f1)"
		;;
	-d | --device)
		# ports, and places on USB: neither needs a word with a colon, at which bash would break it
		_flashmend_offer "$(
			compgen -G '/dev/tty[UA]*'
			compgen -G '/sys/bus/usb/devices/[0-9]*-*' | sed -n 's,.*/\([0-9.-]*\)$,\1,p'
		)"
		;;
	--format)
		word='raw ihex srec elf uf2 dfu dfuse mcuboot esp uimage'
		[ "${words[*]:0:2}" != 'history export' ] || word='json csv junit'
		_flashmend_offer "$word"
		;;
	--signature) _flashmend_offer 'required warn ignore' ;;
	--backup) _flashmend_offer 'wanted required none' ;;
	--allow) _flashmend_offer 'config unit path' ;;
	restore)
		_flashmend_offer "$(flashmend history backups 2>/dev/null | awk '{ print $1; print $3 }' | sort -u)"
		;;
	--ui) _flashmend_offer 'auto tui plain' ;;
	--space) _flashmend_offer 'flash alt1 alt2 alt3 alt4 alt5 alt6 alt7' ;;
	-f | --firmware | -o | --output | check | flash | verify | lint | inspect) _flashmend_files ;;
	*)
		if [ ${#words[@]} -eq 0 ]; then
			_flashmend_offer "$(flashmend --help | sed -n 's/^  \([a-z]*\) .*/\1/p' | sort -u)"
		elif [ ${#words[@]} -eq 1 ]; then
			_flashmend_offer "$(flashmend --help | sed -n "s/^  ${words[0]} \([a-z]*\) .*/\1/p")"
			[ ${#COMPREPLY[@]} -gt 0 ] || _flashmend_files
		else
			_flashmend_files
		fi
		;;
	esac
}
complete -o filenames -F _flashmend flashmend
