/*
 * Feed the corpus of a target to it, once and in every build: what a fuzzer found stays found.
 * The program's name says which: fuzz-ihex reads tests/fuzz/corpus/ihex. Files that end in .xxd
 * hold the bytes as hexadecimal digits.
 */
#include "fuzz.h"

#include "base/scope.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLAY_MOST (1 << 20)

static int replay_is_file(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In place; the digits' blanks and line ends mean nothing. */
static size_t replay_unhex(uint8_t *data, size_t len)
{
	size_t digits = 0;
	char digit[3] = "";

	for (size_t i = 0; i < len; i++) {
		if (!isxdigit(data[i]))
			continue;
		digit[digits % 2] = (char)data[i];
		if (digits++ % 2)
			data[digits / 2 - 1] = (uint8_t)strtoul(digit, NULL, 16);
	}
	return digits / 2;
}

static bool replay_file(const char *path)
{
	const char *suffix = strrchr(path, '.');
	FM_FCLOSE FILE *file = fopen(path, "rb");
	FM_FREE uint8_t *data = malloc(REPLAY_MOST), *exact = NULL;
	size_t len;

	if (!file || !data)
		return false;
	len = fread(data, 1, REPLAY_MOST, file);
	if (suffix && strcmp(suffix, ".xxd") == 0)
		len = replay_unhex(data, len);
	/* As long as the input, so that a sanitizer sees a read behind its end. */
	exact = malloc(len ? len : 1);
	if (!exact)
		return false;
	memcpy(exact, data, len);
	return LLVMFuzzerTestOneInput(exact, len) == 0;
}

int main(int argc, char **argv)
{
	const char *source = getenv("FM_SRC"), *name = strrchr(argv[0], '-');
	char folder[4096], path[4096 + 256];
	struct dirent **entries;
	int count, failed = 0;

	snprintf(folder, sizeof(folder), "%s/tests/fuzz/corpus/%s", source ? source : ".",
		 name ? name + 1 : "");
	count = scandir(argc > 1 ? argv[1] : folder, &entries, replay_is_file, alphasort);
	if (count <= 0) {
		printf("Bail out! no corpus in %s: %s\n", argc > 1 ? argv[1] : folder,
		       strerror(errno));
		return 1;
	}
	printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", argc > 1 ? argv[1] : folder,
			 entries[i]->d_name);
		/* Before the run, so that the file that ends the program is known. */
		printf("# %s\n", entries[i]->d_name);
		fflush(stdout);
		bool good = replay_file(path);

		printf("%s %d - %s\n", good ? "ok" : "not ok", i + 1, entries[i]->d_name);
		failed += !good;
		free(entries[i]);
	}
	free(entries);
	return failed > 0;
}
