/* How a serial line is set: what definitions say and links do. */
#ifndef FM_BASE_LINE_H
#define FM_BASE_LINE_H

enum fm_parity { FM_PARITY_NONE, FM_PARITY_EVEN, FM_PARITY_ODD };

struct fm_line_settings {
	unsigned baud;      /* bits a second, any value */
	unsigned data_bits; /* 7 or 8 */
	enum fm_parity parity;
	unsigned stop_bits; /* 1 or 2 */
};

/* Modem lines. "On" is asserted in the sense of the system: low at the TTL pin of a usual bridge.
 */
#define FM_LINE_DTR 1u
#define FM_LINE_RTS 2u

/* Bits on the line for one character: start, data, parity, stop. */
static inline unsigned fm_line_character_bits(const struct fm_line_settings *settings)
{
	return 1 + settings->data_bits + (settings->parity != FM_PARITY_NONE) + settings->stop_bits;
}

#endif
