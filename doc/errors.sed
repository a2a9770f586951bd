# errors.def -> errors.md
1i # Errors\
\
Numbers are stable from release to release. The exit code is that of the process where nothing else decides.\
\
| Error | Exit | What | What to do next |\
|---|---|---|---|
/^FM_ERROR(/!d
s/^FM_ERROR([A-Z_]*, \([0-9]*\), \([0-9]*\), "\(.*\)", "\(.*\)")$/| E\1 | \2 | \3 | \4 |/
