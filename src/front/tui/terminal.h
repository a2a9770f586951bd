/* The one place that touches ncurses. The calling thread has the signals blocked. */
#ifndef FM_FRONT_TUI_TERMINAL_H
#define FM_FRONT_TUI_TERMINAL_H

#include "front/tui/canvas.h"

bool fm_terminal_open(bool color, struct fm_error *err) FM_MUST_CHECK;
/* Put the terminal back as it was. Twice is once. */
void fm_terminal_close(void);
/* For a while, and back: the caller stops the process in between. */
void fm_terminal_leave(void);
void fm_terminal_return(void);

/* Are its characters UTF-8? */
bool fm_terminal_unicode(void);
/* A serial console or the like: few redraws. */
bool fm_terminal_slow(void);
/* As the terminal is now; tells ncurses. */
void fm_terminal_size(int *ret_rows, int *ret_columns);
/* Only what changed is sent. */
void fm_terminal_show(const struct fm_canvas *canvas);
/* Off: the terminal keeps it, for selecting text. */
void fm_terminal_mouse(bool on);
/* The whole screen is sent with the next one. */
void fm_terminal_repaint(void);
/* A character or enum fm_key (actions.h), FM_KEY_NONE when none waits. */
int fm_terminal_key(void);
/* Did the newest key come by itself, or among others as from a scanner or a paste? Waits some ms
 * for the next one. */
bool fm_terminal_alone(void);

#endif
