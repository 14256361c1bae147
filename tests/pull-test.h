/* SPDX-License-Identifier: ISC */
/* For tests with several mailboxes in one process that pull from each other
 * without any remote. */
#ifndef DEFMS_PULL_TEST_H
#define DEFMS_PULL_TEST_H

#include "box-test.h"
#include "forge-test.h"
#include "goods-test.h"
#include "store-test.h"

#endif
