# For what measures: times of processes, lists of figures and their medians, lines with a target. Source it behind
# tests/lib.sh; end with `table`.
heading=
: >"$work/figures"

# --- measuring ---

give_up() {
	echo "bench: $*" >&2
	exit 1
}

# took NAME: $start_ns $wall_ns $cpu_ns $peak_kib of what ran under that name
took() {
	read -r start_ns wall_ns cpu_ns peak_kib _ <"$work/$1.took"
}

# run NAME COMMAND...: once; its output is in $work/NAME.out
run() {
	local name=$1
	shift
	"$FM_BUILD/tests/bench/measure" "$work/$name.took" "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null || {
		cat "$work/$name.out" "$work/$name.err" >&2
		give_up "failed: $*"
	}
	took "$name"
}

# add LIST VALUE, median LIST, least LIST, greatest LIST
add() { echo "$2" >>"$work/$1.list"; }
median() {
	sort -n "$work/$1.list" |
		awk '{ v[NR] = $1 } END { printf "%.6f", (v[int((NR + 1) / 2)] + v[int(NR / 2) + 1]) / 2 }'
}
least() { sort -n "$work/$1.list" | head -n 1; }
greatest() { sort -n "$work/$1.list" | tail -n 1; }

# calc EXPRESSION: with awk's arithmetic
calc() { awk "BEGIN { printf \"%.6f\", $1 }"; }

# phases NAME PHASE...: nanoseconds between begin and end of these phases, from the events of a run
phases() {
	local name=$1
	shift
	jq -s --args 'map(select(.phase as $p | $ARGS.positional | index($p))) |
		(map(select(.type == "phase_end").mono_ns) | add) - (map(select(.type == "phase_begin").mono_ns) | add)' \
		"$@" <"$work/$name.out"
}

# until NAME PHASE: nanoseconds from the start of the process to the end of that phase
until_end_of() {
	took "$1"
	jq -s --arg phase "$2" --argjson start "$start_ns" \
		'map(select(.type == "phase_end" and .phase == $phase).mono_ns) | last - $start' <"$work/$1.out"
}

# --- reporting ---

section() {
	heading=$1
	printf '\n%s\n' "$1"
}

# table: all lines with a target once more, each section's below its heading
table() {
	local short
	short=$(grep -c ' short$' "$work/figures")
	printf '\n%s\n' "$table_heading"
	cat "$work/figures"
	[ "$short" -eq 0 ] && echo "all targets are met" || echo "$short targets are missed"
}
table_heading="all figures with a target"

# pass_on FILE: what another script of this kind has printed; its table joins this one's
pass_on() {
	sed "/^$table_heading/,\$d" "$1"
	sed "1,/^$table_heading/d; / targets are /d" "$1" >>"$work/figures"
}

# figure TEXT VALUE LIMIT-WORD LIMIT UNIT: a line with a target; LIMIT-WORD is most or least
figure() {
	local verdict=PASS
	awk -v value="$2" -v limit="$4" "BEGIN { exit !(value $([ "$3" = most ] && echo '<=' || echo '>=') limit) }" || {
		verdict=short
	}
	[ -z "$heading" ] || echo "$heading" >>"$work/figures"
	heading=
	printf '  %-58s %8.3f %-3s at %-5s %5s  %s\n' "$1" "$2" "${5-}" "$3" "$4" "$verdict" | tee -a "$work/figures"
}

# fact TEXT VALUE UNIT: a line without a target
fact() { printf '  %-58s %8.3f %s\n' "$1" "$2" "${3-}"; }

seconds() { calc "$1 / 1e9"; }
