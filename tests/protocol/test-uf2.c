/* UF2 against a boot loader made here from the sheet: section 1 for the blocks, 2 for the rest. */
#include "unit.h"

#include "base/bytes.h"
#include "base/scope.h"
#include "protocol/protocol.h"

#include <string.h>

#define FAMILY 0x68ed2b88u
#define BASE 0x2000u
#define FLASH 65536
#define SECTOR 512
#define IMAGE (41 * 256) /* two batches full, one begun, and a last block */
#define INFO                                                                                       \
	"UF2 Bootloader v3.15.0 SFHWRO\r\nModel: Test board\r\nBoard-ID: SAMD21G18A-Test-v0\r\n"

enum fault { NONE, REFUSED, LATE, GONE, LOST };

struct fake {
	struct fm_link link;
	struct fm_virtual_clock clock;
	atomic_bool cancel;
	const char *info; /* NULL: it has no such file */
	bool stay;        /* it never restarts */
	bool renew; /* another total begins a new transfer, and repeated blocks are left out */
	uint32_t restart_ms;
	/* the boot loader */
	uint8_t flash[FLASH], has[FLASH / 256];
	uint32_t total, taken;
	int64_t leaves_ns;
	/* what came, and what goes wrong */
	unsigned writes, sectors, fault_at;
	enum fault fault;
};

static bool fake_gone(struct fm_link *link)
{
	return fm_now_ns(link->clock) >= ((struct fake *)link)->leaves_ns;
}

static bool fake_read_file(struct fm_link *link, const char *name, void *ret_data, size_t len,
			   size_t *ret_len, struct fm_error *err)
{
	const struct fake *fake = (struct fake *)link;

	assert_string_equal(name, "INFO_UF2.TXT");
	if (!fake->info)
		return fm_fail(err, FM_FILE_OPEN, "it has no file %s", name);
	*ret_len = strlen(fake->info) < len ? strlen(fake->info) : len;
	memcpy(ret_data, fake->info, *ret_len);
	return true;
}

/* Every rule that a block has to keep. */
static void fake_sector(struct fake *fake, const uint8_t *block)
{
	uint32_t addr = fm_get_le32(block + 12), number = fm_get_le32(block + 20);

	assert_int_equal(fm_get_le32(block), 0x0a324655);
	assert_int_equal(fm_get_le32(block + 4), 0x9e5d5157);
	assert_int_equal(fm_get_le32(block + 508), 0x0ab16f30);
	assert_int_equal(fm_get_le32(block + 8), 0x2000);
	assert_int_equal(fm_get_le32(block + 16), 256);
	assert_int_equal(fm_get_le32(block + 28), FAMILY);
	assert_int_equal(addr % 256, 0);
	assert_in_range(addr, BASE, BASE + FLASH - 256);
	for (size_t i = 32 + 256; i < 508; i++)
		assert_int_equal(block[i], 0);
	if (fake->taken == 0 || (fake->renew && fm_get_le32(block + 24) != fake->total)) {
		memset(fake->has, 0, sizeof(fake->has));
		fake->taken = 0;
		fake->total = fm_get_le32(block + 24);
	}
	assert_int_equal(fm_get_le32(block + 24), fake->total);
	assert_in_range(number, 0, fake->total - 1);
	if (fake->renew && fake->has[number])
		return;
	assert_false(fake->has[number]);
	fake->has[number] = 1;
	memcpy(fake->flash + (addr - BASE), block + 32, 256);
	if (++fake->taken == fake->total && !fake->stay)
		fake->leaves_ns =
			fm_now_ns(&fake->clock.clock) + (int64_t)fake->restart_ms * 1000000;
}

static bool fake_write(struct fm_link *link, const void *sectors, size_t count,
		       struct fm_deadline deadline, struct fm_error *err)
{
	struct fake *fake = (struct fake *)link;
	enum fault fault = ++fake->writes == fake->fault_at ? fake->fault : NONE;

	if (fault == REFUSED)
		return fm_fail(err, FM_NACK, "refused");
	if (fault == LATE) {
		link->clock->sleep_until(link->clock, deadline.at_ns);
		return fm_fail(err, FM_TIMEOUT, "late");
	}
	if (fault == GONE)
		fake->leaves_ns = fm_now_ns(link->clock);
	if (fake_gone(link))
		return fm_fail(err, FM_GONE, "gone");
	for (size_t i = 0; i < count; i++) {
		fake->sectors++;
		if (fault != LOST)
			fake_sector(fake, (const uint8_t *)sectors + i * SECTOR);
	}
	fm_sleep_ms(link->clock, (int64_t)count);
	return !fake_gone(link) || fm_fail(err, FM_GONE, "gone");
}

static void fake_close(struct fm_link *link)
{
	(void)link;
}

static const struct fm_volume_ops fake_ops = { fake_read_file, fake_write, fake_gone };

/* Plugged in anew: it has its flash, and has forgotten the transfer. */
static void fake_plug(struct fake *fake)
{
	memset(fake->has, 0, sizeof(fake->has));
	fake->total = fake->taken = fake->writes = fake->sectors = 0;
	fake->leaves_ns = INT64_MAX;
	fake->fault = NONE;
}

static void fake_init(struct fake *fake)
{
	*fake = (struct fake){ .info = INFO, .restart_ms = 500 };
	fm_virtual_clock_init(&fake->clock);
	atomic_init(&fake->cancel, false);
	fake->link.volume = &fake_ops;
	fake->link.close = fake_close;
	fake->link.clock = &fake->clock.clock;
	fake->link.cancel = &fake->cancel;
	memset(fake->flash, 0xff, sizeof(fake->flash));
	fake_plug(fake);
}

static void session(struct fake *fake, struct fm_session *s)
{
	const struct fm_param *table = fm_protocol_named("uf2")->params;
	struct fm_params params = { 0 };
	struct fm_error err;

	fm_params_default(table, &params);
	if (fake->renew)
		assert_success(fm_params_set(table, &params, "renew", "yes", &err));
	assert_success(fm_session_init(s, fm_protocol_named("uf2"), &fake->link, &params, &err));
}

static void image(uint8_t *ret, unsigned seed)
{
	for (size_t i = 0; i < IMAGE; i++)
		ret[i] = (uint8_t)((i + seed) * 2654435761u >> 13);
}

/* All of a job's part. */
static bool flash(struct fake *fake, const uint8_t *data, struct fm_error *err)
{
	const struct fm_range range = { FM_SPACE_FLASH, BASE, IMAGE };
	struct fm_session s FM_SESSION_DONE;
	struct fm_identity identity = { 0 };

	session(fake, &s);
	if (!s.protocol->open(&s, &identity, err))
		return false;
	s.write_blocks = IMAGE / 256;
	s.family = FAMILY;
	if (!s.protocol->begin(&s, &range, err))
		return false;
	for (size_t at = 0; at < IMAGE; at += 256) {
		if (!s.protocol->write(&s, FM_SPACE_FLASH, BASE + at, data + at, 256, err))
			return false;
	}
	if (!s.protocol->end(&s, err))
		return false;
	assert_true(s.left); /* it never says that it has all */
	return s.protocol->finish(&s, err);
}

/* A unit, and two images that it may be given. */
static struct fake unit;
static uint8_t first[IMAGE], second[IMAGE];

static int setup(void **state)
{
	(void)state;
	fake_init(&unit);
	image(first, 1);
	image(second, 2);
	return 0;
}

static void test_identity(void **state)
{
	struct fm_session s FM_SESSION_DONE;
	struct fm_identity identity = { 0 };
	struct fm_error err;

	(void)state;
	session(&unit, &s);
	assert_success(s.protocol->open(&s, &identity, &err));
	assert_string_equal(fm_identity_value(&identity, FM_FACT_LOADER),
			    "UF2 Bootloader v3.15.0 SFHWRO");
	assert_string_equal(fm_identity_value(&identity, FM_FACT_REVISION), "SAMD21G18A-Test-v0");
	assert_int_equal(s.told.count, 1);
	assert_int_equal(unit.writes, 0);
}

static void is_no_volume(const char *info)
{
	struct fm_error err;

	unit.info = info;
	assert_failure(flash(&unit, first, &err), FM_NO_ANSWER);
	assert_non_null(strstr(err.hint, "no UF2 boot volume"));
	assert_int_equal(unit.writes, 0);
}

static void test_no_volume(void **state)
{
	(void)state;
	is_no_volume(NULL);
	is_no_volume("");
	is_no_volume("\r\n");
}

/* Longer than is read, without an end of a line: cut, and no more. */
static void test_long_info(void **state)
{
	struct fm_session s FM_SESSION_DONE;
	struct fm_identity identity = { 0 };
	char info[2000];
	struct fm_error err;

	(void)state;
	memset(info, 'A', sizeof(info));
	info[sizeof(info) - 1] = '\0';
	unit.info = info;
	session(&unit, &s);
	assert_success(s.protocol->open(&s, &identity, &err));
	assert_true(strlen(fm_identity_value(&identity, FM_FACT_LOADER)) < 64);
}

static void test_flash(void **state)
{
	struct fm_error err;

	(void)state;
	assert_success(flash(&unit, first, &err));
	assert_memory_equal(unit.flash, first, IMAGE);
	assert_int_equal(unit.total, IMAGE / 256);
	assert_int_equal(unit.sectors, IMAGE / 256);
	/* within the last write already */
	fake_init(&unit);
	unit.restart_ms = 0;
	assert_success(flash(&unit, first, &err));
	assert_memory_equal(unit.flash, first, IMAGE);
}

static void test_never_restarts(void **state)
{
	struct fm_error err;

	(void)state;
	unit.stay = true;
	assert_failure(flash(&unit, first, &err), FM_WRITE);
	assert_non_null(strstr(err.text, "did not restart within 10000 ms"));
	assert_in_range(fm_now_ns(&unit.clock.clock) / 1000000, 10000, 11000);
}

static void test_cancel(void **state)
{
	struct fm_error err;

	(void)state;
	unit.stay = true;
	atomic_store(&unit.cancel, true);
	assert_failure(flash(&unit, first, &err), FM_CANCELLED);
}

static void test_no_family(void **state)
{
	const struct fm_range range = { FM_SPACE_FLASH, BASE, IMAGE };
	struct fm_session s FM_SESSION_DONE;
	struct fm_identity identity = { 0 };
	struct fm_error err;

	(void)state;
	session(&unit, &s);
	assert_success(s.protocol->open(&s, &identity, &err));
	s.write_blocks = IMAGE / 256;
	assert_failure(s.protocol->begin(&s, &range, &err), FM_BLOCKED_MODEL);
	assert_failure(s.protocol->finish(&s, &err), FM_UNSUPPORTED);
}

/* A run that was broken off, then another image of the same length without the cable pulled. */
static void test_renew(void **state)
{
	struct fm_error err;

	(void)state;
	unit.renew = true;
	unit.fault = REFUSED;
	unit.fault_at = 2;
	assert_failure(flash(&unit, first, &err), FM_NACK);
	assert_success(flash(&unit, second, &err));
	assert_memory_equal(unit.flash, second, IMAGE);
}

/* The end of a region that fills no block. */
static void test_short_page(void **state)
{
	static const uint8_t data[] = { 1, 2, 3 };
	const struct fm_range range = { FM_SPACE_FLASH, BASE, sizeof(data) };
	struct fm_session s FM_SESSION_DONE;
	struct fm_identity identity = { 0 };
	struct fm_error err;

	(void)state;
	session(&unit, &s);
	assert_success(s.protocol->open(&s, &identity, &err));
	s.write_blocks = 1;
	s.family = FAMILY;
	memset(unit.flash, 0, sizeof(unit.flash));
	assert_success(s.protocol->begin(&s, &range, &err));
	assert_success(s.protocol->write(&s, FM_SPACE_FLASH, BASE, data, sizeof(data), &err));
	assert_success(s.protocol->end(&s, &err));
	assert_memory_equal(unit.flash, data, sizeof(data));
	assert_int_equal(unit.flash[3], 0xff);
	assert_int_equal(unit.flash[255], 0xff);
}

/* The same where blocks come before it, with nothing behind the data that could be read. */
static void test_short_end_of_a_page(void **state)
{
	const struct fm_range range = { FM_SPACE_FLASH, BASE, 300 };
	FM_FREE uint8_t *data = malloc(range.len);
	struct fm_session s FM_SESSION_DONE;
	struct fm_identity identity = { 0 };
	struct fm_error err;

	(void)state;
	assert_non_null(data);
	memset(data, 0x5a, range.len);
	session(&unit, &s);
	assert_success(s.protocol->open(&s, &identity, &err));
	s.write_blocks = 2;
	s.family = FAMILY;
	assert_success(s.protocol->begin(&s, &range, &err));
	assert_success(s.protocol->write(&s, FM_SPACE_FLASH, BASE, data, range.len, &err));
	assert_success(s.protocol->end(&s, &err));
	assert_int_equal(unit.total, 2);
	assert_memory_equal(unit.flash, data, range.len);
	assert_int_equal(unit.flash[range.len], 0xff);
	assert_int_equal(unit.flash[511], 0xff);
}

/* Whatever happens to a write: no success but with all of it in the flash, and the next run mends
 * it. */
static void test_sweep(void **state)
{
	static const enum fm_code codes[] = {
		[REFUSED] = FM_NACK, [LATE] = FM_TIMEOUT, [GONE] = FM_GONE, [LOST] = FM_WRITE
	};
	struct fm_error err;
	unsigned writes;

	(void)state;
	assert_success(flash(&unit, first, &err));
	writes = unit.writes;
	assert_in_range(writes, 3, IMAGE / 256);
	for (unsigned nth = 1; nth <= writes; nth++) {
		for (enum fault fault = REFUSED; fault <= LOST; fault++) {
			fake_init(&unit);
			unit.fault = fault;
			unit.fault_at = nth;
			/* Whether it left with the last block or before is not to be told apart. */
			if (fault == GONE && nth == writes)
				assert_success(flash(&unit, first, &err));
			else
				assert_failure(flash(&unit, first, &err), codes[fault]);
			fake_plug(&unit);
			assert_success(flash(&unit, second, &err));
			assert_memory_equal(unit.flash, second, IMAGE);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_identity),       TEST(test_no_volume),
		TEST(test_long_info),      TEST(test_flash),
		TEST(test_never_restarts), TEST(test_cancel),
		TEST(test_no_family),      TEST(test_renew),
		TEST(test_short_page),     TEST(test_short_end_of_a_page),
		TEST(test_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
