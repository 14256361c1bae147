# SPDX-License-Identifier: ISC
# What script/try and script/test share: Debian's packages.

build_packages="cmake ninja-build gcc libc6-dev pkg-config libglib2.0-dev
	libgit2-dev libsqlite3-dev libgmime-3.0-dev libsodium-dev
	libzstd-dev libssl-dev zlib1g-dev libcurl4-openssl-dev
	libjson-glib-dev
	libfuse3-dev fuse3 ca-certificates tzdata"

# Print those of the packages named that are not installed.
missing_packages() {
	local package
	for package; do
		dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null |
			grep -q '^install ok installed$' || echo "$package"
	done
}

# Install what is missing of the packages named, quietly; say what.
need_packages() {
	local missing sudo= log
	missing=$(missing_packages "$@")
	[ -n "$missing" ] || return 0
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null || {
			echo "install these first:" $missing >&2
			return 1
		}
		sudo="sudo --"
	fi
	echo "installing:" $missing
	log=$(mktemp)
	if $sudo apt-get -qq update >"$log" 2>&1 &&
		$sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
			--no-install-recommends install $missing >>"$log" 2>&1
	then
		rm -f "$log"
	else
		cat "$log" >&2
		rm -f "$log"
		return 1
	fi
}
