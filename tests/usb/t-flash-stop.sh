#!/bin/bash
# Jobs on USB that do not come to their end: a cable, Ctrl-C, a kill, and what brings the unit back.
. "${FM_SRC:?}/tests/usb/flash.sh"

firmware "$work/1.bin" 0100
firmware "$work/2.bin" 0110
vectors "$work/p.bin" 6000

# begin ARGUMENTS...: flashmend in the background, until it writes
begin() {
	flashmend "$@" --json >"$work/out" 2>"$work/err" </dev/null &
	job=$!
	wait_for writes
}

well_formed() {
	[ "$(jq -c 'select(type == "object")' "$work/out" | wc -l)" = "$(wc -l <"$work/out")" ]
}

writes() {
	grep -q '"progress".*"write"' "$work/out"
}

ended() {
	wait "$job"
	local got=$?
	[ $got -eq "$1" ] && return 0
	echo "exit $got, not $1"
	cat "$work/out" "$work/err"
	return 1
}

# end_of FILTER TEXT: of the line of --json that tells of the job's end
end_of() {
	[ "$(jq -r "select(.result) | $1" "$work/out")" = "$2" ] && return 0
	tail -n 2 "$work/out"
	return 1
}

# the cable
sim_usb unit dfu --flash="$work/unit.flash" --unplug-byte=3000 --size=65536 --version-at=16 --absent-ms=100
ok "unplugged while it is written" fm 13 flash "$work/2.bin" -y
ok "UNCLEAR" result "UNCLEAR gateway@usb:$unit_path E414"
ok "what happened, its state, what to do" eval '
	said err "^E414 the unit was lost while it was written: .*left the bus$" &&
	said err "^the unit.s state: partial$" &&
	said err "^  next: Attach it again and run the same command"'
ok "plugged in again" again unit
ok "it is to be rescued" told_of 'RESCUE! +gateway +boot'
ok "the same command again" fm 0 flash "$work/2.bin" -y
ok "PASS" result "PASS gateway@usb:$unit_path OK"
ok "history tells of both" eval 'fm 0 history list && said out "UNCLEAR +gateway .*E414, partial" && said out "PASS +gateway"'
ok "history of the place" eval 'fm 0 history list -d "usb:$unit_path" && [ "$(wc -l <"$work/out")" = 2 ]'
sim_stop unit
ok "written" holds unit "$work/2.bin"

# Ctrl-C, in a job of about two seconds
cp "$work/1.bin" "$work/slow.flash"
sim_usb slow dfu --runtime --flash="$work/slow.flash" --version-at=16 --block-us=400000 --absent-ms=100 --size=65536
ok "a job is at work" begin flash "$work/2.bin" -y
kill -INT $job
ok "Ctrl-C lets it finish" ended 0
ok "and says so" said err '^the unit is being written: finishing first \(Ctrl-C again'
ok "PASS" end_of .result PASS
ok "each line is an object of its own" well_formed
ok "with the version" told_of 'READY +gateway +app +1[.]10'
ok "another job" begin flash "$work/1.bin" -y
kill -INT $job
sleep 0.3
kill -INT $job
ok "Ctrl-C twice stops it" ended 14
ok "incomplete" end_of '"\(.result) \(.unit_state)"' "FAIL partial"
ok "the unit is to be rescued" told_of 'RESCUE! +gateway +boot'

# kill
ok "another job" begin flash "$work/1.bin" -y
kill -KILL $job
wait $job 2>/dev/null
ok "killed: to be rescued" told_of 'RESCUE! +gateway +boot'
ok "the same command again" fm 0 flash "$work/1.bin" -y
ok "told of" said err '^ATTENTION: gateway on usb .* was left partial: job .* ended UNCLEAR'
ok "PASS" result "PASS gateway@usb:$slow_path OK"
ok "nothing is in doubt any more" told_of 'READY +gateway +app +1[.]00'
sim_stop slow

# with a serial port, and another serial number in its boot loader
define pump.xml <<'XML'
<board id="pump" vendor="ACME" name="Pump">
  <usb vid="0x1209" pid="0x0003" mode="application"/>
  <usb vid="0x1209" pid="0x0004" mode="rom"/>
  <loader name="ACME DFU" protocol="dfu">
    <usb mode="rom"/>
    <enter>
      <touch baud="1200"/>
      <reappear mode="rom" within-ms="5000"/>
    </enter>
  </loader>
</board>
XML
sim_usb pump touch --kind=32u4 --vid=0x1209 --pid=3 --serial=PUMP-1 \
	into dfu --pid=4 --serial=0815 --block-us=400000 --size=65536
ok "with a serial port" told_of 'READY +pump +app +- +PUMP-1 +/dev/ttyACM0'
ok "a job by way of it" begin flash "$work/1.bin" -y -d /dev/ttyACM0
kill -KILL $job
wait $job 2>/dev/null
ok "killed: the unit in its boot loader is known by its place" told_of 'RESCUE! +pump +rom +- +0815 +usb'
ok "the same command by its place" fm 0 flash "$work/1.bin" -y -d "usb:$pump_path"
ok "it is in its application again" told_of 'READY +pump +app .*PUMP-1'
sim_stop pump
done_testing
