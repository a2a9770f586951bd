/*
 * What flashmend reads in a file, as text for tests/unit/image/objcopy.sh:
 *   segments FILE                    the format, entry and chip, what else the file says, then a
 *                                    line for each segment
 *   segments --save FORMAT NEW FILE  write what was read (raw files begin at 0) in another format
 */
#include "base/hash.h"
#include "base/scope.h"
#include "image/image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_image(const struct fm_image *image)
{
	printf("format %s entry ", image->format);
	if (image->has_entry)
		printf("0x%" PRIx64, image->entry);
	else
		printf("none");
	printf(" chip %s\n", image->chip_id[0] ? image->chip_id : "none");
	if (image->usb.has_usb)
		printf("usb %04x:%04x %04x\n", image->usb.vid, image->usb.pid, image->usb.release);
	if (*image->note)
		printf("note %s\n", image->note);
	for (size_t i = 0; i < image->count; i++) {
		const struct fm_segment *segment = &image->segments[i];
		char sum[FM_SHA256_TEXT];

		fm_sha256(segment->data, (size_t)segment->range.len, sum);
		printf("%s 0x%" PRIx64 " %" PRIu64 " %s\n", fm_space_name(segment->range.space),
		       segment->range.addr, segment->range.len, sum);
	}
}

int main(int argc, char **argv)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	struct fm_error err = { 0 };
	bool save = argc == 5 && strcmp(argv[1], "--save") == 0;
	bool good;

	if (argc != 2 && !save) {
		fprintf(stderr, "usage: segments [--save FORMAT NEW] FILE\n");
		return 2;
	}
	good = fm_image_load(argv[argc - 1], NULL, &image, &err);
	if (good && save) {
		if (image.floating)
			fm_image_place(&image, FM_SPACE_FLASH, 0);
		good = fm_image_save(&image, fm_format_named(argv[2]), argv[3], false, &err);
	} else if (good) {
		print_image(&image);
	}
	if (!good)
		printf("E%d %s\n", fm_error_info(err.code)->number, err.text);
	return good ? 0 : 1;
}
