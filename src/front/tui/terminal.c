#include "front/tui/terminal.h"

#include "base/clock.h"
#include "front/tui/actions.h"

#define NCURSES_WIDECHAR 1
#include <curses.h>
#include <langinfo.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* ncurses waits a second after Esc (measured: 1010 ms) for the rest of a function key; with this
 * about 25 ms, and function keys still come in one piece over ssh. ESCDELAY of the user's counts.
 */
#define TERMINAL_ESC_MS 25
#define TERMINAL_SLOW_BAUD 38400
/* A scanner's characters come 1 ms apart, a paste at once; nobody types two keys within this. */
#define TERMINAL_ALONE_MS 30
#define TERMINAL_OTHER 28          /* a key that means nothing here */
#define TERMINAL_CUT_NS 2000000000 /* the rest of a sequence may come so much later */

static SCREEN *terminal_screen;
static bool terminal_colored;
static int64_t terminal_key_ns; /* when the newest key was read */
static bool terminal_behind;    /* close behind another */
static int64_t terminal_cut_ns; /* when a sequence stopped in its middle, 0 = none did */

static attr_t terminal_attribute(enum fm_style style)
{
	switch (style) {
	case FM_STYLE_DIM:
		return A_DIM;
	case FM_STYLE_STRONG:
	case FM_STYLE_GOOD:
	case FM_STYLE_WARN:
	case FM_STYLE_BUSY:
		return A_BOLD;
	case FM_STYLE_TITLE:
	case FM_STYLE_SELECTED:
		return A_REVERSE;
	case FM_STYLE_BAD:
		return A_REVERSE | A_BOLD;
	default:
		return A_NORMAL;
	}
}

/* Light colours where there are 256 of them: never dark ones on black. */
static void terminal_colors(void)
{
	static const struct {
		enum fm_style style;
		short eight, many;
	} colors[] = {
		{ FM_STYLE_GOOD, COLOR_GREEN, 120 },
		{ FM_STYLE_WARN, COLOR_YELLOW, 221 },
		{ FM_STYLE_BAD, COLOR_RED, 210 },
		{ FM_STYLE_BUSY, COLOR_CYAN, 123 },
	};
	short background = use_default_colors() == OK ? -1 : COLOR_BLACK;

	for (size_t i = 0; i < sizeof(colors) / sizeof(colors[0]); i++)
		init_pair((short)colors[i].style, COLORS >= 256 ? colors[i].many : colors[i].eight,
			  background);
}

bool fm_terminal_open(bool color, struct fm_error *err)
{
	terminal_screen = newterm(NULL, stdout, stdin);
	if (!terminal_screen)
		return fm_fail(err, FM_OUTPUT, "the terminal cannot show screens");
	set_term(terminal_screen);
	if (!getenv("ESCDELAY"))
		set_escdelay(TERMINAL_ESC_MS);
	raw();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	terminal_colored = color && has_colors() && start_color() == OK;
	if (terminal_colored)
		terminal_colors();
	return true;
}

/* Where a terminal has no second screen (vt220), the shell must not write into what is left. */
static void terminal_end(void)
{
	const char *back = tigetstr("rmcup");

	if (!back || back == (const char *)-1) {
		erase();
		refresh();
	}
	endwin();
}

void fm_terminal_close(void)
{
	if (!terminal_screen)
		return;
	terminal_end();
	delscreen(terminal_screen);
	terminal_screen = NULL;
}

void fm_terminal_leave(void)
{
	terminal_end();
}

void fm_terminal_return(void)
{
	refresh();
	fm_terminal_repaint();
}

bool fm_terminal_unicode(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool fm_terminal_slow(void)
{
	return baudrate() < TERMINAL_SLOW_BAUD;
}

void fm_terminal_size(int *ret_rows, int *ret_columns)
{
	struct winsize size = { 0 };

	/* A serial console tells no size: then what the terminal's description says. */
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col &&
	    is_term_resized(size.ws_row, size.ws_col))
		resizeterm(size.ws_row, size.ws_col);
	*ret_rows = LINES;
	*ret_columns = COLS;
}

static void terminal_style(enum fm_style style)
{
	attrset(terminal_attribute(style));
	if (terminal_colored && style >= FM_STYLE_GOOD && style <= FM_STYLE_BUSY)
		color_set((short)style, NULL);
}

/* Two columns need both of their cells: of one that was drawn over half is left. */
static wchar_t terminal_character(const struct fm_canvas *canvas, int row, int column)
{
	wchar_t character = (wchar_t)fm_canvas_at(canvas, row, column)->character;

	if (character == FM_CELL_SECOND)
		return ' ';
	if (wcwidth(character) == 2 &&
	    (column + 1 >= canvas->columns - 1 ||
	     fm_canvas_at(canvas, row, column + 1)->character != FM_CELL_SECOND))
		return '?';
	return character;
}

/* The cells of one row from column on that have the same style. Returns the column behind them. */
static int terminal_run(const struct fm_canvas *canvas, int row, int column)
{
	enum fm_style style = fm_canvas_at(canvas, row, column)->style;
	int begin = column, len = 0;
	wchar_t text[64];

	/* the last column stays empty (canvas.h) */
	while (column < canvas->columns - 1 && len < 64 &&
	       fm_canvas_at(canvas, row, column)->style == style) {
		text[len] = terminal_character(canvas, row, column);
		column += wcwidth(text[len++]) == 2 ? 2 : 1;
	}
	terminal_style(style);
	mvaddnwstr(row, begin, text, len);
	return column;
}

void fm_terminal_show(const struct fm_canvas *canvas)
{
	erase();
	for (int row = 0; row < canvas->rows; row++) {
		for (int column = 0; column < canvas->columns - 1;)
			column = terminal_run(canvas, row, column);
	}
	move(canvas->cursor_row, canvas->cursor_column);
	refresh();
}

void fm_terminal_mouse(bool on)
{
	mousemask(on ? BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0, NULL);
	mouseinterval(0);
}

void fm_terminal_repaint(void)
{
	clearok(stdscr, TRUE);
}

/* ncurses tells of a resize as of a key. It is none: it must neither answer a question nor take an
 * error from the screen. */
static int terminal_next(void)
{
	int key;

	while ((key = getch()) == KEY_RESIZE)
		fm_terminal_repaint();
	return key;
}

static int terminal_function(int digit)
{
	return FM_KEY_F + (digit == '0' ? 10 : digit - '0');
}

/* The number of a sequence like "Esc [ 15 ~". */
static int terminal_numbered(int number)
{
	switch (number) {
	case 1:
	case 7:
		return FM_KEY_HOME;
	case 4:
	case 8:
		return FM_KEY_END;
	case 5:
		return FM_KEY_PAGE_UP;
	case 6:
		return FM_KEY_PAGE_DOWN;
	default: /* 11 to 15 are F1 to F5, 17 to 21 F6 to F10 */
		if (number >= 11 && number <= 15)
			return FM_KEY_F + number - 10;
		return number >= 17 && number <= 21 ? FM_KEY_F + number - 11 : TERMINAL_OTHER;
	}
}

/* A sequence that TERM does not describe (ECMA-48: Esc [ or Esc O, up to a letter or ~) is one key,
 * never letters by themselves: the 4 of an End key must not choose a view. */
static int terminal_sequence(void)
{
	int number = 0, next;

	while ((next = getch()) != ERR && (next < 0x40 || next > 0x7e)) {
		if (next >= '0' && next <= '9' && number < 100)
			number = number * 10 + next - '0';
	}
	switch (next) {
	case ERR:
		terminal_cut_ns = fm_now_ns(fm_clock_real());
		return TERMINAL_OTHER;
	case 'A':
		return FM_KEY_UP;
	case 'B':
		return FM_KEY_DOWN;
	case 'H':
		return FM_KEY_HOME;
	case 'F':
		return FM_KEY_END;
	case '~':
		return terminal_numbered(number);
	default:
		return next >= 'P' && next <= 'S' ? FM_KEY_F + next - 'P' + 1 : TERMINAL_OTHER;
	}
}

/* What comes behind a sequence that stopped in its middle, as on a slow line, is its rest: the F of
 * an End key must not start anything. */
static int terminal_rest(int key)
{
	bool late = fm_now_ns(fm_clock_real()) - terminal_cut_ns > TERMINAL_CUT_NS;

	if (terminal_cut_ns == 0 || key == ERR)
		return key;
	if (late || key < ' ' || key > 0x7e || key >= 0x40)
		terminal_cut_ns = 0;
	return late || key < ' ' || key > 0x7e ? key : TERMINAL_OTHER;
}

/* Esc and a digit that come at once are a function key: some terminals eat F10, some keyboards have
 * none. */
static int terminal_escape(void)
{
	int next = terminal_next();

	if (next >= '0' && next <= '9')
		return terminal_function(next);
	if (next == '[' || next == 'O')
		return terminal_sequence();
	if (next != ERR)
		ungetch(next);
	return FM_KEY_ESC;
}

static int terminal_click(void)
{
	MEVENT event;

	if (getmouse(&event) != OK)
		return TERMINAL_OTHER;
	if (event.bstate & BUTTON4_PRESSED)
		return FM_KEY_UP;
	return event.bstate & BUTTON5_PRESSED ? FM_KEY_DOWN : FM_KEY_CLICK + event.y;
}

static int terminal_read(void)
{
	int key = terminal_rest(terminal_next());

	switch (key) {
	case ERR:
		return FM_KEY_NONE;
	case '\n':
	case '\r':
	case KEY_ENTER:
		return FM_KEY_ENTER;
	case KEY_BACKSPACE:
		return FM_KEY_BACKSPACE;
	case KEY_UP:
		return FM_KEY_UP;
	case KEY_DOWN:
		return FM_KEY_DOWN;
	case KEY_PPAGE:
		return FM_KEY_PAGE_UP;
	case KEY_NPAGE:
		return FM_KEY_PAGE_DOWN;
	/* what a VT220's keyboard has there, and its terminfo calls "Esc [ 1 ~" and "Esc [ 4 ~" */
	case KEY_FIND:
	case KEY_HOME:
		return FM_KEY_HOME;
	case KEY_SELECT:
	case KEY_END:
		return FM_KEY_END;
	case KEY_MOUSE:
		return terminal_click();
	case 27:
		return terminal_escape();
	default:
		if (key >= KEY_F(1) && key <= KEY_F(12))
			return FM_KEY_F + key - KEY_F0;
		return key < KEY_MIN ? key : TERMINAL_OTHER;
	}
}

int fm_terminal_key(void)
{
	int key = terminal_read();
	int64_t now_ns = fm_now_ns(fm_clock_real());

	if (key == FM_KEY_NONE)
		return key;
	terminal_behind = now_ns - terminal_key_ns < TERMINAL_ALONE_MS * INT64_C(1000000);
	terminal_key_ns = now_ns;
	return key;
}

bool fm_terminal_alone(void)
{
	struct pollfd input = { STDIN_FILENO, POLLIN, 0 };

	return !terminal_behind && poll(&input, 1, TERMINAL_ALONE_MS) == 0;
}
