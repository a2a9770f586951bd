/* Apart from terminal.c, because <term.h> takes words like `columns` for itself. */
#include "front/tui/tui.h"

#include <stdlib.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

bool fm_tui_possible(void)
{
	const char *term = getenv("TERM");
	const char *address;
	bool can;
	int result;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !term || !*term ||
	    setupterm(term, STDOUT_FILENO, &result) != OK)
		return false;
	/* newterm() takes TERM=dumb, and prints garbage on it. */
	address = tigetstr("cup");
	can = address && address != (const char *)-1;
	del_curterm(cur_term);
	return can;
}
