/* One of everything in a definition, for the tests of loading and those of its mistakes. */
#ifndef FM_TESTS_CATALOG_LOAD_TEXT_H
#define FM_TESTS_CATALOG_LOAD_TEXT_H

#include "fixture.h"

#include <stdlib.h>
#include <string.h>

static const char load_good[] =
	"<devices format=\"1\">\n"
	"  <family id=\"f\" vendor=\"V\" name=\"F\">\n"
	"    <alias id=\"f-alias\"/>\n"
	"    <unknown text=\"the wiring\"/>\n"
	"    <loader name=\"FL\" protocol=\"stk500v1\">\n"
	"      <serial baud=\"115200\" framing=\"8N1\"/>\n"
	"      <param name=\"eeprom\" value=\"yes\"/>\n"
	"      <enter tries=\"3\" help=\"press reset\">\n"
	"        <lines dtr=\"on\" rts=\"off\"/>\n"
	"        <wait ms=\"10\"/>\n" /* 10 */
	"        <break ms=\"100\"/>\n"
	"        <send text=\"go\\r\\x00\"/>\n"
	"        <send hex=\"7f00\"/>\n"
	"        <discard/>\n"
	"        <ask text=\"press it\"/>\n"
	"      </enter>\n"
	"      <leave>\n"
	"        <lines dtr=\"off\"/>\n"
	"      </leave>\n"
	"      <without region=\"eeprom\"/>\n" /* 20 */
	"    </loader>\n"
	"  </family>\n"
	"  <chip id=\"c\" vendor=\"V\" name=\"C &amp; D\" family=\"f\">\n"
	"    <alias id=\"c-alias\"/>\n"
	"    <chip-id kind=\"avr-signature\" value=\"1e950f\"/>\n"
	"    <unknown text=\"the fuses\"/>\n"
	"    <region name=\"app\" space=\"flash\" base=\"0\" size=\"28K\" erase=\"128\" "
	"write=\"128\" access=\"write\"/>\n"
	"    <region name=\"boot\" space=\"flash\" base=\"28K\" size=\"4K\" "
	"access=\"protected\"/>\n"
	"    <region name=\"eeprom\" space=\"eeprom\" base=\"0\" size=\"1K\" write=\"4\" "
	"access=\"config\"/>\n"
	"    <size-register addr=\"0x1FFF7A22\"/>\n" /* 30 */
	"    <unique-id addr=\"0x1FFF7A10\" size=\"12\"/>\n"
	"    <no-erase-all/>\n"
	"  </chip>\n"
	"  <chip id=\"d\" vendor=\"V\" name=\"D\" family=\"f\">\n"
	"    <chip-id kind=\"stm32-pid\" value=\"0470\"/>\n"
	"    <identify-only why=\"nobody knows it\"/>\n"
	"  </chip>\n"
	"  <board id=\"b\" vendor=\"V\" name=\"B\">\n"
	"    <alias id=\"b-alias\"/>\n"
	"    <usb vid=\"0x2341\" pid=\"0x0043\"/>\n" /* 40 */
	"    <loader name=\"BL\" protocol=\"stk500v2\" chip=\"c\">\n"
	"      <serial baud=\"57600\" framing=\"8E1\"/>\n"
	"      <without region=\"eeprom\"/>\n"
	"      <region name=\"app\" space=\"flash\" base=\"0\" size=\"30K\" erase=\"4x1K,2K\" "
	"first-block=\"7\" write=\"256\" access=\"write\"/>\n"
	"      <region name=\"boot\" space=\"flash\" base=\"30K\" size=\"2K\" "
	"access=\"protected\"/>\n"
	"    </loader>\n"
	"    <loader name=\"any chip\" protocol=\"stm32-uart\">\n"
	"      <serial baud=\"9600\" framing=\"8N1\"/>\n"
	"    </loader>\n"
	"    <question baud=\"9600\" framing=\"8N1\" send=\"v\\r\" expect=\"v([0-9.]+)\" "
	"group=\"1\" repeat-ms=\"500\" within-ms=\"5000\">\n" /* 50 */
	"      <in-image pattern=\"version ([a-z]+)([0-9.]+)\" group=\"2\"/>\n"
	"    </question>\n"
	"    <post-check name=\"self test\" baud=\"9600\" framing=\"8N1\" send=\"t\\r\" "
	"expect=\"(ok|good)\" group=\"1\" repeat-ms=\"500\" within-ms=\"20000\"/>\n"
	"    <ask-person id=\"mains\" text=\"Is it off?\" answer=\"it is\"/>\n"
	"    <policy signature=\"required\" downgrade=\"allowed\" version-format=\"triplet\"/>\n"
	"  </board>\n"
	"</devices>\n";

/* The good text with `to` in the place of the first `from` from line `line` on; malloc'd. */
static inline char *load_changed(long line, const char *from, const char *to)
{
	return fixture_changed(load_good, line, from, to);
}

static inline void load_write_and_open(struct fixture *fixture, const char *text)
{
	fixture_write(fixture->dir, "a.xml", text);
	fixture_open(fixture);
}

#endif
