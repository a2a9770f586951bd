#!/bin/bash
# Nothing is lost: backups, settings, the way back, and jobs that broke off, as users meet them.
. "${FM_SRC:?}/tests/lib.sh"

# As delivered: with a backup before each job.
rm "$XDG_CONFIG_HOME/flashmend/config.json"
mkdir -p "$XDG_DATA_HOME/flashmend/devices"
cp "$src/tests/unit/job/devices/sim.xml" "$XDG_DATA_HOME/flashmend/devices/"
unit="-m sim-board-settings -d port:$work/unit"
for v in 1 2 3; do
	vectors "$work/v$v.bin" 6144 $v
	printf "fm-sim-version=$v.0.0\0" | dd of="$work/v$v.bin" bs=1 seek=1024 conv=notrunc status=none
done
random "$work/settings.bin" 2048 9
fresh_flash() { # VERSION: a unit with this firmware and its settings
	head -c 65536 /dev/zero | tr '\0' '\377' >"$work/flash.bin"
	dd if="$work/v$1.bin" of="$work/flash.bin" conv=notrunc status=none
	dd if="$work/settings.bin" of="$work/flash.bin" bs=1 seek=14336 conv=notrunc status=none
}
plug() { start unit flashmend-sim stm32 --no-reset-line --link "$work/unit" --pid 0x410 --flash "$work/flash.bin" --fast "$@"; }
holds() { # VERSION: the unit has this firmware and its own settings
	stop unit
	cmp -n 6144 "$work/v$1.bin" "$work/flash.bin" && cmp -i 0:14336 -n 2048 "$work/settings.bin" "$work/flash.bin"
}
newest() { flashmend history list --json --limit 1 2>/dev/null; }
backups=$XDG_STATE_HOME/flashmend/backups
right() { # every backup is what its name says
	(cd "$backups" && find . -type f | sed 's,^\./../\(.*\),\1 &,;s, , ,' | sed 's/ \./  ./' | sha256sum -c --quiet)
}

fresh_flash 1
plug
ok "an upgrade" fm 0 flash -y $unit "$work/v2.bin"
ok "says what it stored" said err '^backup +firmware, configuration'
ok "says that the settings are the same" said err '^settings +same: settings'
ok "the stored files are what their names say" right
ok "history backups" fm 0 history backups
ok "tells them" said out 'firmware .* 14336 bytes'
ok "and in JSON" bash -c 'flashmend history backups --json | jq -es "length == 2 and .[1].space == \"flash\" and .[1].address == 134232064"'
ok "the unit has both" holds 2

plug --application
ok "a downgrade by rollback" fm 0 rollback -y $unit
ok "the version is told" said err 'version +1.0.0, said by the unit itself \(before: 2.0.0\)'
ok "the unit is as it was" holds 1

plug
ok "without a person it must be told to start" fm 2 rollback $unit
ok "a dry run" fm 0 rollback -n $unit
ok "prints the plan" said out '^rollback sim-board-settings'
ok "the policy of the configuration" bash -c "echo '{\"backup\": \"none\"}' >'$work/none.json'"
ok "is followed" fm 0 flash -y --config "$work/none.json" $unit "$work/v3.bin"
ok "and recorded" bash -c 'flashmend history list --json --limit 1 | jq -e ".backup == \"none: not asked for\""'
ok "rollback then warns" fm 0 rollback -y $unit
ok "that a job without a backup was between" said err 'WARN +backup'
ok "--no-backup" fm 0 flash -y --no-backup $unit "$work/v2.bin"
ok "no word that is not known" fm 2 flash -y --backup=perhaps $unit "$work/v2.bin"
ok "the unit has it" holds 2

# --- what only reads gives the unit back to its application ---
fresh_flash 1
plug --application
ok "compare" fm 0 verify $unit "$work/v1.bin"
ok "store" fm 0 backup $unit
ok "an erase that is refused" fm 8 erase -y --not-after=2020-01-01 $unit
ok "the application still answers" fm 0 info $unit
ok "with its version" said out '^version +1\.0\.0'

# --- lost settings ---
plug --fault wipe=14
ok "a job that loses settings" fm 0 flash -y $unit "$work/v3.bin"
ok "says so" said err "settings in 'settings' were lost and are put back"
ok "records it" bash -c 'flashmend history list --json --limit 1 | jq -e ".kept == \"put back: settings\""'
ok "they are back" holds 3

dd if=/dev/zero of="$work/flash.bin" bs=1 seek=14336 count=64 conv=notrunc status=none
plug
ok "settings from a backup" fm 0 restore -y $unit "$(sha256sum "$work/settings.bin" | cut -c 1-16)"
ok "and nothing else" bash -c 'flashmend history list --json --limit 1 | jq -e ".bytes_written == 2048"'
ok "they are back" holds 3
plug
ok "all of a job" fm 0 restore -y $unit 1
ok "is what was there before it" holds 1

# --- whose ---
plug --unique 7
ok "another unit's backup is refused" fm 8 restore -y $unit 1
ok "for this one reason" said err "E211.*rule 'unit'"
ok "rollback finds none of this unit" fm 7 rollback -y $unit
ok "unless it is allowed" fm 0 restore -y --allow=unit $unit 1
ok "which is recorded" bash -c 'flashmend history list --json --limit 1 | jq -e ".allowed | test(\"unit\")"'
ok "no such record" fm 2 restore -y $unit 4711
ok "no such backup" fm 7 restore -y $unit 0123456789abcdef
ok "a hash may begin with digits only" fm 7 restore -y $unit 12345678
ok "and is taken as one" said err '^E511 .*begins with 12345678$'
ok "no number and no hash" fm 2 restore -y $unit nonsense

# --- room ---
if mkdir "$work/small" && mount -t tmpfs -o size=900k none "$work/small" 2>/dev/null; then
	export XDG_STATE_HOME=$work/small
	ok "no room for a backup" fm 8 flash -y $unit "$work/v2.bin"
	ok "is said before anything is changed" said err 'E430.*KiB are free'
	export XDG_STATE_HOME=$work/state
	umount "$work/small"
else
	ok "no room for a backup # SKIP needs the right to mount" true
fi
stop unit
plug
find "$backups" -type f -exec sh -c 'echo x >>"$1"' _ {} \;
ok "a damaged backup is not written" fm 17 restore -y $unit 1
ok "and named" said err 'E510.*was changed after it was written'
find "$backups" -type f -delete
ok "nor one that is gone" fm 17 restore -y $unit 1
ok "the unit still has what it had" holds 1

# --- backup alone ---
plug --unique 8
ok "backup into the store" fm 0 backup $unit
ok "is one job with two parts" bash -c 'flashmend history backups --unit "$(flashmend history list --json --limit 1 | jq -r .unit)" --json | jq -es "length == 2"'
ok "a format needs a file" fm 2 backup --format=uf2 $unit

# --- the window ---
ok "before the window" fm 8 flash -y --not-before=+1h $unit "$work/v2.bin"
ok "says when it begins" said err 'E431.*begins in 3[56][0-9][0-9] s'
ok "--wait that is too short" fm 18 flash -y --not-before=+1h --wait=5 $unit "$work/v2.bin"
ok "what cannot end in the window is not started" fm 8 flash -y --not-after=+4 $unit "$work/v2.bin"
ok "and says how long it takes" said err 'E431.*takes about [0-9]+ s, and the window ends'
ok "not a time" fm 2 flash -y --not-after=soon $unit "$work/v2.bin"
ok "not a day that there is not" fm 2 history list --since=2031-02-29
ok "nor with an offset" fm 2 history list --since=2031-11-31T10:00Z
summer() { TZ=CET-1CEST,M3.5.0,M10.5.0/3 fm "$@"; }
ok "an hour of a day when summer time begins" summer 0 history list --since=2031-03-30T03:30
ok "not the one that is left out" summer 2 history list --since=2031-03-30T02:30
ok "nor the one that comes twice" summer 2 history list --since=2031-10-26T02:30
ok "but with an offset" summer 0 history list --since=2031-10-26T02:30+01:00
ok "an hour of summer" summer 0 history list --since=2031-07-01T02:30
ok "an empty window" fm 2 flash -y --not-before=+2h --not-after=+1h $unit "$work/v2.bin"
ok "nothing was changed" holds 1
plug --unique 8
ok "waiting for the window" fm 0 flash -y --not-before=+2 --not-after=+1h --wait=10 $unit "$work/v2.bin"
ok "says so" said err 'waiting [12] s for the window'

# --- exports ---
jobs=$(flashmend history list --json 2>/dev/null | wc -l)
ok "export as JSON" bash -c "flashmend history export | jq -e 'length == $jobs and .[0].id == 1'"
ok "export as CSV" bash -c "flashmend history export --format=csv | python3 -c 'import csv, sys; rows = list(csv.DictReader(sys.stdin)); assert len(rows) == $jobs and rows[0][\"verb\"] == \"flash\" and rows[0][\"kept\"] == \"same: settings\"'"
ok "export as JUnit" fm 0 history export --format=junit -o "$work/report.xml"
ok "is XML" xmllint --noout "$work/report.xml"
ok "with a case for each job" test "$(xmllint --xpath 'count(//testcase)' "$work/report.xml")" -eq "$jobs"
ok "and its refusals as skipped" test "$(xmllint --xpath 'string(/testsuite/@skipped)' "$work/report.xml")" -gt 0
ok "a file is not overwritten" fm 7 history export -o "$work/report.xml"
ok "but on request" fm 0 history export --replace -o "$work/report.xml"
ok "by result" bash -c "flashmend history export --result=PASS | jq -e 'all(.result == \"PASS\") and length > 5'"
ok "by unit" bash -c "flashmend history export --unit=nobody | jq -e 'length == 0'"
ok "since" bash -c "flashmend history export --since=+1h | jq -e 'length == 0'"
ok "until" bash -c "flashmend history export --until=+1h | jq -e 'length == $jobs'"
ok "a format that is none" fm 2 history export --format=xls
ok "the chain" fm 0 history verify
ok "a changed backup row is found" bash -c "sqlite3 '$XDG_STATE_HOME/flashmend/records.sqlite' \"UPDATE backup SET region = 'x' WHERE job = 1\"; ! flashmend history verify"
done_testing
