/*
 * The AVR protocols on a real boot loader, without anything above them: proto-avr PORT BAUD
 * PROTOCOL write FILE | read LEN FILE. write reads back and compares; both start the application at
 * the end. One line on standard output says who answered and how long it took.
 */
#include "base/scope.h"
#include "image/image.h"
#include "link/serial.h"
#include "protocol/protocol.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROTO_FLASH_MOST 0x40000u

struct proto {
	struct fm_link *link;
	struct fm_session session;
	struct fm_identity identity;
	uint32_t page_len;
	uint8_t data[PROTO_FLASH_MOST];
	size_t len; /* whole pages */
};

static double proto_now(const struct proto *proto)
{
	return (double)fm_now_ns(proto->link->clock) / 1e9;
}

/* Everything from 0 to the image's end, as a loader that writes upwards wants it. */
static bool proto_load(struct proto *proto, const char *path, struct fm_error *err)
{
	struct fm_image image FM_IMAGE_DONE = { 0 };
	const struct fm_range *last;
	struct fm_range all = { FM_SPACE_FLASH, 0, 0 };

	if (!fm_image_load(path, NULL, &image, err))
		return false;
	last = &image.segments[image.count - 1].range;
	all.len =
		(last->addr + last->len + proto->page_len - 1) / proto->page_len * proto->page_len;
	if (all.len > sizeof(proto->data))
		return fm_fail(err, FM_FILE_TOO_BIG, "%s: too large", path);
	fm_image_get(&image, &all, 0xff, proto->data);
	proto->len = (size_t)all.len;
	return true;
}

static bool proto_write(struct proto *proto, struct fm_error *err)
{
	const struct fm_protocol *protocol = proto->session.protocol;
	struct fm_range all = { FM_SPACE_FLASH, 0, proto->len };

	if (protocol->begin && !protocol->begin(&proto->session, &all, err))
		return false;
	for (size_t i = 0; i < proto->len; i += proto->page_len) {
		if (!protocol->write(&proto->session, FM_SPACE_FLASH, i, proto->data + i,
				     proto->page_len, err))
			return false;
	}
	return !protocol->end || protocol->end(&proto->session, err);
}

static bool proto_read(struct proto *proto, uint8_t *ret_data, struct fm_error *err)
{
	uint32_t most = proto->session.read_len;

	for (size_t i = 0; i < proto->len; i += most) {
		size_t n = proto->len - i < most ? proto->len - i : most;

		if (!proto->session.protocol->read(&proto->session, FM_SPACE_FLASH, i, ret_data + i,
						   n, err))
			return false;
	}
	return true;
}

static bool proto_write_and_verify(struct proto *proto, const char *path, struct fm_error *err)
{
	uint8_t *back FM_FREE = malloc(PROTO_FLASH_MOST);
	double start, written;

	if (!back || !proto_load(proto, path, err))
		return false;
	start = proto_now(proto);
	if (!proto_write(proto, err))
		return false;
	written = proto_now(proto);
	if (!proto_read(proto, back, err))
		return false;
	printf(" bytes=%zu write=%.2f verify=%.2f", proto->len, written - start,
	       proto_now(proto) - written);
	return memcmp(back, proto->data, proto->len) == 0 ||
	       fm_fail(err, FM_VERIFY, "what was read back differs");
}

static bool proto_read_to_file(struct proto *proto, const char *len, const char *path,
			       struct fm_error *err)
{
	FILE *file FM_FCLOSE = fopen(path, "wb");

	proto->len = strtoul(len, NULL, 0);
	if (!file || proto->len > sizeof(proto->data))
		return fm_fail(err, FM_FILE_WRITE, "%s: cannot be written", path);
	return proto_read(proto, proto->data, err) &&
	       (fwrite(proto->data, 1, proto->len, file) == proto->len ||
		fm_fail(err, FM_FILE_WRITE, "%s: cannot be written", path));
}

static bool proto_open(struct proto *proto, char **argv, struct fm_error *err)
{
	struct fm_line_settings line = { (unsigned)strtoul(argv[2], NULL, 10), 8, FM_PARITY_NONE,
					 1 };
	const struct fm_protocol *protocol = fm_protocol_named(argv[3]);

	if (!protocol)
		return fm_fail(err, FM_USAGE, "no protocol %s", argv[3]);
	proto->page_len = strcmp(argv[3], "stk500v2") == 0 ? 256 : 128;
	if (!fm_serial_open(argv[1], NULL, &proto->link, err) ||
	    !fm_line_configure(proto->link, &line, err) ||
	    !fm_session_init(&proto->session, protocol, proto->link, NULL, err))
		return false;
	/* as the definitions do after the pulse: a reset lasts 65 ms */
	fm_sleep_ms(proto->link->clock, 100);
	if (!protocol->open(&proto->session, &proto->identity, err))
		return false;
	printf("loader=\"%s\" chip=%s", fm_identity_value(&proto->identity, FM_FACT_LOADER),
	       fm_identity_value(&proto->identity, FM_FACT_CHIP_ID));
	return true;
}

int main(int argc, char **argv)
{
	static struct proto proto;
	struct fm_error err = { 0 };
	bool is_write = argc == 6 && strcmp(argv[4], "write") == 0;
	bool is_read = argc == 7 && strcmp(argv[4], "read") == 0, ok;
	double start;

	if (!is_write && !is_read) {
		fputs("usage: proto-avr PORT BAUD PROTOCOL write FILE | read LEN FILE\n", stderr);
		return 2;
	}
	start = (double)fm_now_ns(fm_clock_real()) / 1e9;
	ok = proto_open(&proto, argv, &err) &&
	     (is_write ? proto_write_and_verify(&proto, argv[5], &err)
		       : proto_read_to_file(&proto, argv[5], argv[6], &err)) &&
	     proto.session.protocol->finish(&proto.session, &err);
	printf(" total=%.2f\n", (double)fm_now_ns(fm_clock_real()) / 1e9 - start);
	if (!ok)
		fprintf(stderr, "proto-avr: E%d %s\n", fm_error_info(err.code)->number, err.text);
	fm_session_done(&proto.session);
	fm_link_close(proto.link);
	return ok ? 0 : 1;
}
