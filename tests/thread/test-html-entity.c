/* SPDX-License-Identifier: ISC */
#include "test.h"

#include "html-entity.h"

TEST(names_are_found_at_both_ends_and_in_between)
{
	static const struct {
		const char *name;
		uint32_t code;
	} known[] = {
		{ "AElig", 0xc6 }, { "zwnj", 0x200c },  { "amp", '&' },
		{ "nbsp", 0xa0 },  { "euro", 0x20ac },  { "thetasym", 0x3d1 },
		{ "apos", '\'' },  { "Prime", 0x2033 }, { "prime", 0x2032 },
		{ "", 0 },         { "nosuch", 0 },     { "AMP", 0 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		CHECK_INT(html_entity(known[i].name), known[i].code);
}
