/*
 * The demo unit's application: it answers its version over UART0 and is long enough for a transfer
 * that can be watched. It says nothing unasked. "?" CR is answered by "flashmend-demo X.Y.Z" CR LF,
 * "t" CR by "self-test ok" (it has summed its table), "s" CR by "settings " and the text that its
 * EEPROM begins with. Optiboot takes the same two bytes as a command with a wrong end and starts
 * the application, so that asking also ends the boot loader's second.
 *
 * build.sh gives F_CPU, BAUD, DEMO_VERSION (a string), DEMO_SEED, DEMO_TABLE_LEN and
 * DEMO_RX_VECT; for the tests also DEMO_CHATTER (it never is quiet) and DEMO_EEPROM (it has
 * settings).
 */
#include <avr/eeprom.h>
#include <avr/interrupt.h>
#include <avr/io.h>
#include <avr/pgmspace.h>
#include <avr/sleep.h>
#include <avr/wdt.h>
#include <stdbool.h>
#include <stdint.h>

#define BAUD_TOL 3
#include <util/setbaud.h>

static const char demo_version[] PROGMEM = "flashmend-demo " DEMO_VERSION;

/* What a firmware is mostly made of, for this purpose: bytes that differ from version to version. A
 * generator modulo 2^16 with full period (a mod 4 = 1, c odd), its upper byte. */
#define DEMO_STRING(value) DEMO_STRING_OF(value)
#define DEMO_STRING_OF(value) #value
__asm__(".pushsection .progmem.data, \"a\", @progbits\n"
	".global demo_table\n"
	"demo_table:\n"
	".set demo_state, " DEMO_STRING(
		DEMO_SEED) "\n"
			   ".rept " DEMO_STRING(DEMO_TABLE_LEN) "\n"
								".set demo_state, (demo_state * 69 "
								"+ 12345) & 0xffff\n"
								".byte demo_state >> 8\n"
								".endr\n"
								".popsection\n");

#ifdef DEMO_EEPROM
static const char demo_settings[] EEMEM __attribute__((used)) = "settings of " DEMO_VERSION;
#endif

extern const uint8_t demo_table[] PROGMEM;

static volatile uint8_t demo_received;
static volatile bool demo_has_received;

/* After a watchdog reset, which is how Optiboot ends, the watchdog still runs with 16 ms. */
static void demo_watchdog_off(void) __attribute__((naked, used, section(".init3")));
static void demo_watchdog_off(void)
{
	MCUSR = 0;
	wdt_disable();
}

ISR(DEMO_RX_VECT)
{
	demo_received = UDR0;
	demo_has_received = true;
}

static void demo_send(char c)
{
	loop_until_bit_is_set(UCSR0A, UDRE0);
	UDR0 = (uint8_t)c;
}

static void demo_send_text(const char *p)
{
	char c;

	while ((c = (char)pgm_read_byte(p++)))
		demo_send(c);
}

static void demo_send_end(void)
{
	demo_send('\r');
	demo_send('\n');
}

/* Does the table hold what was built into it? */
static void demo_self_test(void)
{
	uint16_t state = DEMO_SEED;
	bool good = true;

	for (uint16_t i = 0; i < DEMO_TABLE_LEN; i++) {
		state = state * 69 + 12345;
		good = good && pgm_read_byte(&demo_table[i]) == state >> 8;
	}
	demo_send_text(good ? PSTR("self-test ok") : PSTR("self-test FAILED"));
	demo_send_end();
}

static void demo_send_settings(void)
{
	uint8_t c;

	demo_send_text(PSTR("settings "));
	for (uint8_t i = 0; i < 64; i++) {
		c = eeprom_read_byte((const uint8_t *)(uintptr_t)i);
		if (c < ' ' || c > '~')
			break;
		demo_send((char)c);
	}
	demo_send_end();
}

static void demo_answer(uint8_t question)
{
	switch (question) {
	case '?':
		demo_send_text(demo_version);
		demo_send_end();
		break;
	case 't':
		demo_self_test();
		break;
	case 's':
		demo_send_settings();
		break;
	}
}

static void demo_open_line(void)
{
	UBRR0 = UBRR_VALUE;
	UCSR0A = USE_2X ? _BV(U2X0) : 0;
	UCSR0C = _BV(UCSZ01) | _BV(UCSZ00);
	UCSR0B = _BV(RXEN0) | _BV(TXEN0) | _BV(RXCIE0);
}

#ifdef DEMO_CHATTER
/* The worst that an application can say: what looks like good answers of a boot loader. Never waits
 * for the line, or it would not hear the question. */
static void demo_chatter(void)
{
	static const uint8_t answers[] PROGMEM = { 0x14, 0x10, 0x1b, 0x01, 0x00, 0x0e, 0x14, 0x10 };
	static uint8_t at;

	if (bit_is_set(UCSR0A, UDRE0))
		UDR0 = pgm_read_byte(&answers[at++ % sizeof(answers)]);
}
#endif

static uint8_t demo_receive(void)
{
	uint8_t byte;

#ifdef DEMO_CHATTER
	while (!demo_has_received)
		demo_chatter();
#endif
	cli();
	while (!demo_has_received) {
		sleep_enable();
		sei();
		sleep_cpu();
		sleep_disable();
		cli();
	}
	byte = demo_received;
	demo_has_received = false;
	sei();
	return byte;
}

int main(void)
{
	uint8_t before = 0;

	demo_open_line();
	sei();
	set_sleep_mode(SLEEP_MODE_IDLE);
	for (;;) {
		uint8_t byte = demo_receive();

		if (byte == '\r')
			demo_answer(before);
		before = byte;
	}
}
