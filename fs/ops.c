/* SPDX-License-Identifier: ISC */
typedef int nothing_yet;
