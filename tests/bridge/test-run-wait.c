/* SPDX-License-Identifier: ISC */
#include "run-wait.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include "test.h"

TEST(pauses_double_from_a_second_to_five_minutes_half_by_chance)
{
	static const int most[] = {
		1000,  1000,  2000,   4000,   8000,   16000,
		32000, 64000, 128000, 256000, 300000, 300000
	};

	for (unsigned tries = 0; tries < G_N_ELEMENTS(most); tries++)
		for (int i = 0; i < 100; i++) {
			int pause = wait_before(tries);

			CHECK(pause >= most[tries] / 2 && pause <= most[tries]);
		}
	CHECK(wait_before(G_MAXUINT) <= 300000);
}

/* Nobody listens there. */
static struct account *account_of(char *name, char *host, char *command)
{
	struct account *account = g_new0(struct account, 1);

	account->name = name;
	account->servers[SERVICE_IMAP].host = host;
	account->servers[SERVICE_IMAP].user = name;
	account->servers[SERVICE_IMAP].port = 1;
	account->password_command = command;
	account->timeout = 1000;
	return account;
}

TEST(a_waiter_without_a_server_has_no_news_and_ends)
{
	char name[] = "ada", host[] = "127.0.0.1", command[] = "true";
	struct account *account = account_of(name, host, command);
	int wake = eventfd(0, EFD_NONBLOCK);
	struct waiter *waiter = waiter_start(account, wake);
	eventfd_t count;

	waiter_poke(waiter);
	waiter_stop(waiter);
	waiter_free(waiter);
	CHECK_INT(eventfd_read(wake, &count), -1);
	waiter = waiter_start(account, wake);
	CHECK(!waiter_take_news(waiter));
	waiter_free(waiter);
	waiter_free(NULL);
	(void)close(wake);
	g_free(account);
}
