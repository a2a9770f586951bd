/* What Debian's minisign 0.11 wrote: two keys, and signatures of the text below. */
#ifndef FM_TESTS_SIGNATURE_DATA_H
#define FM_TESTS_SIGNATURE_DATA_H

#define SIGNED_TEXT "firmware that is signed\n"

#define KEY_ONE                                                                                    \
	"untrusted comment: minisign public key 5CB218738995AF8D\n"                                \
	"RWSNr5WJcxiyXGU13VqRC29AkAZzwqKYA0hY5G1qWXl/NPh/tjBtQsf4\n"
#define KEY_ONE_ID "5CB218738995AF8D"
#define KEY_TWO                                                                                    \
	"untrusted comment: minisign public key 944A0D87D63F3382\n"                                \
	"RWSCMz/Whw1KlEECb13fjdVZw8BwFy9staVjS00tbUBWnVek/iSFRUHb\n"

/* minisign -S -s one.key -t ... */
#define SIGNED_HASHED                                                                              \
	"untrusted comment: signature from minisign secret key\n"                                  \
	"RUSNr5WJcxiyXOHRKN51XrjYzR+zcDuI1zpEbGWBMqAlPW169j6l8JS+jEQC59qVCVWR1Hiuffp+at3htfGlhHXG" \
	"atXTLh/f8Q0=\n"                                                                           \
	"trusted comment: version 1.2\tfile:fw\n"                                                  \
	"mfxWtAR/S/fpYH4RVZhZbT4xxU+RE3VuolRfCC2amM3RM7Ll4XCjL3Bc5xkd7YwdoZGyoLIdZcdLP0RXA8RrAg==" \
	"\n"
/* minisign -S -l -s one.key -t ... */
#define SIGNED_LEGACY                                                                              \
	"untrusted comment: signature from minisign secret key\n"                                  \
	"RWSNr5WJcxiyXOKS+OAB7owMWrq8ZUmDDT2n8JzzmWwaAVmJz/26EJdaM+0QCFDo2RT1WG5nSp7rfFV0HByBmtxc" \
	"cUr75+Fi6A8=\n"                                                                           \
	"trusted comment: old form\n"                                                              \
	"/ijyeg9Ul9gxipy9DO6jTe71jPZ6BcQraHrU5bBl2Db05K0CsB0f02/rhzSN/8QKYRJ65WWmS6hToAkJ1EzjAg==" \
	"\n"
/* minisign -S -s two.key */
#define SIGNED_BY_TWO                                                                              \
	"untrusted comment: signature from minisign secret key\n"                                  \
	"RUSCMz/Whw1KlB93nCYLrhwKFkwTWDBxzoICvHB5BKXmuzVrjXH8hD7p70ZPCOaezSQWaxuZLczxwjcMRlGhLMUY" \
	"VGS6JmQnMAU=\n"                                                                           \
	"trusted comment: timestamp:1795279949\tfile:fw\thashed\n"                                 \
	"biZPYohVNIFfDUhQdnwWmMEXlls2SYkNB3eXUxIcvuP1SrLeULUyp5iFzIdZxW/WOj+XyI6Is/pXsrM4XEwKDw==" \
	"\n"
/* minisign -S -s one.key, of an empty file */
#define SIGNED_EMPTY                                                                               \
	"untrusted comment: signature from minisign secret key\n"                                  \
	"RUSNr5WJcxiyXBEwf4FbDzGf1I/nWFTnAEXg3L6s3FvaGW041GDZDjBYbo/CInPYBZXvRjnl7HpwutYr/kXbD09y" \
	"GHa9cKqfXAI=\n"                                                                           \
	"trusted comment: empty\n"                                                                 \
	"ahbYUr9TbNxNkPYWRjyGYDtRePIk8j9FbXsepF0PHUcD7/v3MFntdIGUqLmO/6or2ENCXiCP+xdaNUHiBxhMBQ==" \
	"\n"

#endif
