/* What on this computer can keep a unit from being written, each with the fix. */
#include "front/cli/cli.h"

#include "base/scope.h"
#include "base/text.h"
#include "front/firmware/firmware.h"

#include <dirent.h>
#include <grp.h>
#include <langinfo.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct doctor {
	struct fm_cli *cli;
	unsigned warnings;
};

static void doctor_say(struct doctor *doctor, bool good, const char *what, const char *found,
		       const char *fix)
{
	doctor->warnings += !good;
	if (doctor->cli->options.json) {
		fm_cli_json(json_pack("{s:s, s:s, s:s, s:s}", "check", what, "state",
				      good ? "ok" : "warn", "found", found, "fix", good ? "" : fix),
			    "check");
		return;
	}
	printf("[%s] %-14s %s\n", good ? " ok " : "WARN", what, found);
	if (!good)
		printf("       %-14s fix: %s\n", "", fix);
}

static bool doctor_in_group(gid_t gid)
{
	return geteuid() == 0 || getegid() == gid || group_member(gid);
}

/* The group that owns serial ports here: of a port that is there, else the usual name. */
static void doctor_group(struct doctor *doctor)
{
	static const char *const usual[] = { "dialout", "uucp" };
	const struct passwd *user = getpwuid(geteuid());
	char found[160], fix[160];

	for (size_t i = 0; i < FM_COUNT(usual); i++) {
		const struct group *group = getgrnam(usual[i]);

		if (!group)
			continue;
		snprintf(found, sizeof(found), "%s %s the group '%s' that owns serial ports",
			 user ? user->pw_name : "this user",
			 doctor_in_group(group->gr_gid) ? "may use ports as root or by"
							: "is not in",
			 usual[i]);
		snprintf(fix, sizeof(fix), "sudo adduser %s %s, then log in again",
			 user ? user->pw_name : "USER", usual[i]);
		doctor_say(doctor, doctor_in_group(group->gr_gid), "rights", found, fix);
		return;
	}
	doctor_say(doctor, false, "rights", "neither a group 'dialout' nor 'uucp' exists",
		   "see which group owns /dev/ttyUSB0 (ls -l) and join it");
}

static bool doctor_runs(const char *name)
{
	DIR *proc = opendir("/proc");
	bool found = false;
	struct dirent *entry;

	while (proc && !found && (entry = readdir(proc))) {
		char path[300], comm[32] = "";
		FM_FCLOSE FILE *file = NULL;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		file = fopen(path, "re");
		if (file && fgets(comm, sizeof(comm), file))
			comm[strcspn(comm, "\n")] = '\0';
		found = strcmp(comm, name) == 0;
	}
	if (proc)
		closedir(proc);
	return found;
}

static void doctor_rivals(struct doctor *doctor)
{
	bool modem = doctor_runs("ModemManager"), braille = doctor_runs("brltty");

	doctor_say(doctor, !modem, "ModemManager",
		   modem ? "runs: it opens new serial ports and talks to them for seconds"
			 : "does not run",
		   "sudo systemctl stop ModemManager while you work, or a udev rule with "
		   "ID_MM_DEVICE_IGNORE=1");
	doctor_say(doctor, !braille, "brltty",
		   braille ? "runs: it may take CH340 and CP210x ports away" : "does not run",
		   "sudo systemctl mask --now brltty-udev.service, unless you need it to read the "
		   "screen");
}

static void doctor_records(struct doctor *doctor)
{
	const char *folder = doctor->cli->state_folder;
	struct fm_host_row row;
	struct fm_error err;
	char found[sizeof(doctor->cli->state_folder) + sizeof(row.text) + 24];

	if (!fm_cli_store(doctor->cli, true, &err)) {
		doctor_say(doctor, false, "records", err.text,
			   *err.hint ? err.hint : fm_error_info(err.code)->advice);
		return;
	}
	fm_host_room(folder, &row);
	snprintf(found, sizeof(found), "can be written in %s: %s", folder, row.text);
	doctor_say(doctor, row.state == FM_FITS, "records", found, "make room on that disk");
}

/* The file that udev reads: folders in its order, the first that has one of that name counts. */
static bool doctor_udev_file(char *ret, size_t size)
{
	static const char *const dirs[] = { "/etc/udev/rules.d", "/run/udev/rules.d",
					    "/usr/local/lib/udev/rules.d", "/usr/lib/udev/rules.d",
					    "/lib/udev/rules.d" };
	const char *named = getenv("FLASHMEND_UDEV_RULES");

	if (named && *named) {
		snprintf(ret, size, "%s", named);
		return access(ret, F_OK) == 0;
	}
	for (size_t i = 0; i < FM_COUNT(dirs); i++) {
		snprintf(ret, size, "%s/70-flashmend.rules", dirs[i]);
		if (access(ret, F_OK) == 0)
			return true;
	}
	return false;
}

static void doctor_udev(struct doctor *doctor)
{
	static const char fix[] =
		"flashmend catalog udev | sudo tee /etc/udev/rules.d/70-flashmend.rules >/dev/null "
		"&& sudo udevadm control --reload && sudo udevadm trigger";
	FM_TEXT_DONE struct fm_text rules = { 0 }, installed = { 0 };
	FM_FCLOSE FILE *file = NULL;
	char path[400], line[512], found[640];
	size_t count, missing;
	struct fm_error err;

	if (!fm_cli_udev_rules(doctor->cli, &rules, &err))
		return; /* 'definitions' says why */
	if (!doctor_udev_file(path, sizeof(path))) {
		doctor_say(doctor, false, "udev rules", "not installed: units on USB need root",
			   fix);
		return;
	}
	file = fopen(path, "re");
	fm_text_add(&installed, "");
	while (file && fgets(line, sizeof(line), file))
		fm_text_add(&installed, line);
	missing = fm_cli_udev_missing(rules.data, installed.data, &count);
	if (missing == 0)
		snprintf(found, sizeof(found), "%s is as the definitions want it", path);
	else
		snprintf(found, sizeof(found),
			 "%s is older than the definitions: %zu of %zu "
			 "rules are not in it",
			 path, missing, count);
	doctor_say(doctor, missing == 0, "udev rules", found, fix);
}

static void doctor_power(struct doctor *doctor)
{
	struct fm_host_row row;

	fm_host_power("/sys", &row);
	doctor_say(doctor, row.state == FM_FITS, "power", row.text,
		   "plug in the mains before a long write");
}

static void doctor_catalog(struct doctor *doctor)
{
	const char *const *problems;
	struct fm_error err;
	char found[128];
	size_t bad;

	if (!fm_cli_catalog(doctor->cli, &err)) {
		doctor_say(doctor, false, "definitions", err.text, fm_error_info(err.code)->advice);
		return;
	}
	bad = fm_catalog_problems(doctor->cli->catalog, &problems);
	snprintf(found, sizeof(found), "%zu known, problems in their files: %zu",
		 fm_catalog_count(doctor->cli->catalog), bad);
	doctor_say(doctor, bad == 0, "definitions", found,
		   "flashmend catalog lint FILE says what is wrong");
}

static void doctor_ports(struct doctor *doctor)
{
	FM_FREE struct fm_seen *seen = NULL;
	struct fm_error err;
	size_t count = 0;

	if (!fm_cli_scan(doctor->cli, &seen, &count, &err)) {
		doctor_say(doctor, false, "ports", err.text, fm_error_info(err.code)->advice);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		char found[360];

		if (seen[i].present && !seen[i].access) {
			snprintf(found, sizeof(found), "%s may not be opened by this user",
				 seen[i].path);
			doctor_say(doctor, false, "port", found,
				   *seen[i].path == '/'
					   ? "see 'rights' above"
					   : "install flashmend's udev rules ('make install' puts "
					     "them in place), then attach the unit again");
		}
	}
}

/* The next line of *at, printable; false at the end. */
static bool doctor_line(const char **at, char *ret, size_t size)
{
	size_t len = *at ? strcspn(*at, "\n") : 0;

	if (!*at || !**at)
		return false;
	snprintf(ret, size, "%.*s", (int)len, *at);
	fm_text_clean(ret);
	*at += len + ((*at)[len] == '\n');
	return true;
}

/* Does any definition's vendor have keys in a folder of this name? */
static bool doctor_vendor(const struct doctor *doctor, const char *folder)
{
	struct fm_signature signature = { .state = FM_SIGNATURE_GOOD };
	struct fm_error err;

	fm_text_copy(signature.vendor, sizeof(signature.vendor), folder);
	if (!*folder || !fm_cli_catalog(doctor->cli, &err))
		return true;
	for (size_t i = 0; i < fm_catalog_count(doctor->cli->catalog); i++) {
		if (fm_signature_is_for(&signature,
					fm_catalog_entry(doctor->cli->catalog, i)->vendor))
			return true;
	}
	return false;
}

/* One key twice: who takes one of them away still trusts it. */
static void doctor_key(struct doctor *doctor, const struct fm_keys *keys, size_t index)
{
	const struct fm_public_key *key = &keys->keys[index];
	char found[320];

	if (!doctor_vendor(doctor, key->vendor)) {
		snprintf(found, sizeof(found),
			 "%s counts for the vendor '%s', of whom no definition is", key->name,
			 key->vendor);
		doctor_say(doctor, false, "key", found,
			   "name the folder as 'flashmend catalog show MODEL' names the vendor, in "
			   "lower case and with '-' for what is neither letter nor digit");
	}
	for (size_t i = 0; i < index; i++) {
		if (memcmp(keys->keys[i].key, key->key, sizeof(key->key)) != 0)
			continue;
		snprintf(found, sizeof(found), "%s is the same key as %s", key->name,
			 keys->keys[i].name);
		doctor_say(doctor, false, "key", found, "take one of the two away");
		return;
	}
}

static void doctor_keys(struct doctor *doctor)
{
	struct fm_keys keys;
	const char *refused, *fixes, *passed;
	char folder[512], found[640], fix[640];

	fm_cli_config_path(folder, sizeof(folder), "keys");
	fm_firmware_keys(folder, &keys);
	refused = keys.refused.data;
	fixes = keys.fixes.data;
	passed = keys.passed.data;
	while (doctor_line(&refused, found, sizeof(found)) && doctor_line(&fixes, fix, sizeof(fix)))
		doctor_say(doctor, false, "key", found, fix);
	while (doctor_line(&passed, fix, sizeof(fix))) {
		snprintf(found, sizeof(found), "%.500s is not read: its name does not end in .pub",
			 fix);
		doctor_say(doctor, false, "key", found,
			   "name it so if it is a public key; a secret key does not belong there");
	}
	for (size_t i = 0; i < keys.count; i++)
		doctor_key(doctor, &keys, i);
	snprintf(found, sizeof(found), "%zu trusted, in /etc/flashmend/keys and %.400s", keys.count,
		 folder);
	doctor_say(doctor, true, "keys", found, "");
	fm_keys_done(&keys);
}

bool fm_cli_doctor(struct fm_cli *cli, struct fm_error *err)
{
	struct doctor doctor = { .cli = cli };

	(void)err;
	doctor_group(&doctor);
	doctor_rivals(&doctor);
	doctor_catalog(&doctor);
	doctor_udev(&doctor);
	doctor_records(&doctor);
	doctor_keys(&doctor);
	doctor_ports(&doctor);
	doctor_power(&doctor);
	doctor_say(&doctor, true, "locale", nl_langinfo(CODESET), "");
	if (!cli->options.json)
		printf("%u warning%s\n", doctor.warnings, doctor.warnings == 1 ? "" : "s");
	return true;
}
