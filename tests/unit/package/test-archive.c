#include "package-test.h"

#include "image/read.h"
#include "package/archive.h"

/* The file or folder that the script made under the name `p`. */
static bool archive_read(struct fm_archive *ret, struct fm_error *err)
{
	FM_FREE uint8_t *data = NULL;
	size_t len;

	if (access("p/.", F_OK) == 0)
		return fm_archive_folder("p", ret, err);
	return fm_read_file("p", &data, &len, err) && fm_archive_parse("p", data, len, ret, err);
}

static void archive_make(const char *script)
{
	packages_shell("rm -rf p a b; mkdir a; cp firmware.bin a; echo text >a/note.txt");
	packages_shell(script);
}

static void test_archive_kinds(void **state)
{
	static const struct {
		const char *format, *script;
	} cases[] = {
		{ "cab", "cd a && gcab -c ../p firmware.bin note.txt >/dev/null" },
		{ "cab", "cd a && gcab -c -z ../p firmware.bin note.txt >/dev/null" },
		{ "zip", "cd a && zip -q ../p.zip firmware.bin note.txt && mv ../p.zip ../p" },
		{ "zip", "cd a && zip -q0 ../p.zip firmware.bin note.txt && mv ../p.zip ../p" },
		{ "tar", "tar -C a -cf p firmware.bin note.txt" },
		{ "tar", "tar -C a -cf p ." },
		{ "tar", "tar -C a --format=ustar -czf p firmware.bin note.txt" },
		{ "tar", "tar -C a --format=posix -cJf p firmware.bin note.txt" },
		{ "tar", "tar -C a --format=gnu --zstd -cf p firmware.bin note.txt" },
		{ "folder", "cp -r a p; mkdir p/more; echo x >p/.hidden; ln -s / p/.link" },
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		FM_ARCHIVE_DONE struct fm_archive archive = { 0 };
		const struct fm_member *member;
		struct fm_error err;

		archive_make(cases[i].script);
		assert_success(archive_read(&archive, &err));
		assert_string_equal(archive.format, cases[i].format);
		assert_int_equal(archive.count, 2);
		assert_int_equal(archive.total, 4005);
		member = fm_archive_find(&archive, "firmware.bin");
		assert_non_null(member);
		assert_int_equal(member->len, 4000);
		assert_memory_equal(member->data, "firmware\nfirmware\n", 18);
		member = fm_archive_find(&archive, "Note.TXT");
		assert_non_null(member);
		assert_memory_equal(member->data, "text\n", 5);
	}
}

static void test_archive_refused(void **state)
{
	static const struct {
		const char *says, *script;
		enum fm_code code;
	} cases[] = {
#define UNSAFE(says, script) { says, script, FM_PACKAGE_UNSAFE }
		UNSAFE("leads out", "cd a && tar -Pcf ../p ../firmware.bin"),
		UNSAFE("leads out", "cd a && tar -Pcf ../p note.txt ./../a/firmware.bin"),
		UNSAFE("leads out", "cd a && zip -q ../p.zip ../firmware.bin && mv ../p.zip ../p"),
		UNSAFE("leads out", "cd a && tar --transform 's,^.*,..,' -Pcf ../p note.txt"),
		UNSAFE("leads out", "cd a && tar --transform 's,^.*,x\\\\..\\\\..\\\\y,' -cf ../p "
				    "note.txt"),
		/* gcab writes no such name: one of the same length is changed in the file. */
		UNSAFE("leads out", "mkdir b b/xx; cp firmware.bin b/xx; cd b; "
				    "gcab -c ../p xx/firmware.bin >/dev/null; "
				    "sed -i 's,xx\\([\\\\/]\\)firm,..\\1firm,' ../p"),
		UNSAFE("absolute", "tar -Pcf p \"$PWD/firmware.bin\""),
		UNSAFE("absolute", "cd a && tar --transform 's,^,C:,' -cf ../p note.txt"),
		UNSAFE("absolute", "mkdir b; cp firmware.bin b/xfirmware.bin; cd b; "
				   "gcab -c ../p xfirmware.bin >/dev/null; "
				   "sed -i 's,xfirmware,/firmware,' ../p"),
		UNSAFE("is a link", "ln -s /etc/passwd a/l; tar -C a -cf p l"),
		UNSAFE("is a link", "ln a/firmware.bin a/l; tar -C a -cf p firmware.bin l"),
		UNSAFE("is a link", "ln -s /etc/passwd a/l; cd a; zip -qy ../p.zip l; "
				    "mv ../p.zip ../p"),
		UNSAFE("is a link", "cp -r a p; ln -s firmware.bin p/l"),
		UNSAFE("is no file", "mkfifo a/l; tar -C a -cf p l"),
		UNSAFE("is no file", "tar -C /dev -cf p null"),
		UNSAFE("is no file", "cp -r a p; mkfifo p/l"),
		UNSAFE("twice", "cd a; tar -cf ../p note.txt; tar -rf ../p note.txt"),
		UNSAFE("twice", "cd a; tar -cf ../p note.txt; mv note.txt NOTE.txt; "
				"tar -rf ../p NOTE.txt"),
		UNSAFE("twice", "cp -r a p; echo >p/NOTE.TXT"),
		UNSAFE("twice", "cd a; tar -cf ../p note.txt; tar -rf ../p ./note.txt"),
		UNSAFE("is encrypted",
		       "cd a; zip -q -P secret ../p.zip note.txt; mv ../p.zip ../p"),
		UNSAFE("archive in", "cd a; zip -q x.zip note.txt; tar -cf ../p x.zip"),
		UNSAFE("archive in",
		       "cd a; tar -cf x note.txt; zip -q ../p.zip x; mv ../p.zip ../p"),
		UNSAFE("archive in", "cd a; tar -czf x note.txt; tar -cf ../p x"),
		UNSAFE("archive in", "cd a; gcab -c x note.txt >/dev/null; tar -cf ../p x"),
		UNSAFE("archive in", "cd a; xz note.txt; tar -cf ../p note.txt.xz"),
		UNSAFE("archive in", "mkdir p; cd a; zip -q ../p/x.zip note.txt"),
		UNSAFE("control characters", "cd a; f=$(printf 'a\\033[2J'); mv note.txt \"$f\"; "
					     "tar -cf ../p ."),
		UNSAFE("too long", "cd a; mkdir -p $(yes 12345678 | head -n 25 | tr '\\n' /); "
				   "tar -cf ../p ."),
		UNSAFE("entries", "cd a; seq 257 | xargs touch; tar -cf ../p ."),
		UNSAFE("entries",
		       "cd a; seq 300 | xargs touch; zip -q ../p.zip *; mv ../p.zip ../p"),
		UNSAFE("entries",
		       "cd a; seq 2000 | xargs touch; zip -q ../p.zip *; mv ../p.zip ../p"),
		UNSAFE("entries", "mkdir b; cd b; seq 257 | xargs mkdir; tar -cf ../p ."),
		UNSAFE("more than 256 files", "mkdir p; cd p; seq 257 | xargs touch"),
		UNSAFE("a bomb", "truncate -s 60M a/z; cd a; zip -q ../p.zip z; mv ../p.zip ../p"),
		UNSAFE("a bomb", "truncate -s 60M a/z; tar -C a -cJf p z"),
		UNSAFE("a bomb", "truncate -s 60M a/z; tar -C a --zstd -cf p z"),
		UNSAFE("huge", "truncate -s 900G a/z; tar -C a -cSf p z"),
		UNSAFE("more than 128 MiB", "truncate -s 100M a/z; truncate -s 100M a/y; mv a p"),
		UNSAFE("more than 128 MiB",
		       "head -c 900000 /dev/urandom >a/x; truncate -s 70M a/y; "
		       "truncate -s 70M a/z; tar -C a -czf p x y z"),
#undef UNSAFE
		{ "without a file", "mkdir b; tar -C b -czf p .", FM_FILE_EMPTY },
		{ "neither", "cp firmware.bin p", FM_FILE_FORMAT },
		{ "neither", "gzip -c firmware.bin >p", FM_FILE_FORMAT },
		{ "p:", "cd a; gcab -c ../x firmware.bin >/dev/null; head -c 2000 ../x >../p",
		  FM_FILE_FORMAT },
		{ "p:", "cd a; zip -q ../x.zip firmware.bin; head -c 90 ../x.zip >../p",
		  FM_FILE_FORMAT },
		{ "p:", "tar -C a -cf x firmware.bin; head -c 2000 x >p", FM_FILE_FORMAT },
		/* What the archive's own checksum proves wrong. */
		{ "p:",
		  "cd a; gcab -c ../p firmware.bin >/dev/null; "
		  "sed -i 's/firmware\\nfirmware/Firmware/; 9s/firm/FIRM/' ../p",
		  FM_FILE_FORMAT },
		{ "p:",
		  "cd a; zip -q0 ../p.zip firmware.bin; mv ../p.zip ../p; "
		  "sed -i '9s/firm/FIRM/' ../p",
		  FM_FILE_FORMAT },
	};
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < FM_COUNT(cases); i++) {
		FM_ARCHIVE_DONE struct fm_archive archive = { 0 };
		struct fm_error err = { 0 };

		archive_make(cases[i].script);
		if (archive_read(&archive, &err)) {
			print_error("not refused: %s\n", cases[i].script);
			wrong++;
		} else if (err.code != cases[i].code || !strstr(err.text, cases[i].says)) {
			print_error("E%d %s of: %s\n", fm_error_info(err.code)->number, err.text,
				    cases[i].script);
			wrong++;
		} else {
			assert_null(archive.members);
			assert_null(strchr(err.text, '\033'));
		}
	}
	assert_int_equal(wrong, 0);
}

/* Blank flash packs well and is no bomb; what is gzipped may be an image. */
static void test_archive_not_refused(void **state)
{
	static const char *const scripts[] = {
		"head -c 8M /dev/zero | tr '\\0' '\\377' >a/blank.bin; tar -C a -czf p .",
		"gzip a/firmware.bin; tar -C a -cf p .",
		"seq 200 | sed 's,^,a/,' | xargs touch; tar -C a -cf p .",
		"cd a; mkdir sub; mv firmware.bin sub; zip -qr ../p.zip .; mv ../p.zip ../p",
	};

	(void)state;
	for (size_t i = 0; i < FM_COUNT(scripts); i++) {
		FM_ARCHIVE_DONE struct fm_archive archive = { 0 };
		struct fm_error err;

		archive_make(scripts[i]);
		assert_success(archive_read(&archive, &err));
		assert_non_null(fm_archive_find(&archive, "note.txt"));
	}
}

static void test_archive_names(void **state)
{
	FM_ARCHIVE_DONE struct fm_archive archive = { 0 };
	struct fm_error err;

	(void)state;
	archive_make("cd a; mkdir x y; cp firmware.bin x; cp note.txt x; cp firmware.bin y; "
		     "rm note.txt; tar -cf ../p .");
	assert_success(archive_read(&archive, &err));
	assert_string_equal(fm_archive_find(&archive, "firmware.bin")->name, "firmware.bin");
	assert_string_equal(fm_archive_find(&archive, "x/firmware.bin")->name, "x/firmware.bin");
	assert_string_equal(fm_archive_find(&archive, "note.txt")->name, "x/note.txt");
	assert_null(fm_archive_find(&archive, "none"));
	fm_archive_done(&archive);
	archive_make("cd a; mkdir x y; cp firmware.bin x; mv firmware.bin y; tar -cf ../p .");
	assert_success(archive_read(&archive, &err));
	assert_null(fm_archive_find(&archive, "firmware.bin"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_archive_kinds),
		cmocka_unit_test(test_archive_refused),
		cmocka_unit_test(test_archive_not_refused),
		cmocka_unit_test(test_archive_names),
	};

	return cmocka_run_group_tests_name("archive", tests, packages_setup, packages_teardown);
}
