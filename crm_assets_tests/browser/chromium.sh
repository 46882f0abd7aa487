#!/bin/sh
# Makes sure that Chromium and a Korean font are there: installs Debian's where it may, else names the remedy.
set -eu
packages="chromium fonts-noto-cjk"
if command -v chromium >/dev/null 2>&1 && fc-list 2>/dev/null | grep -qi "noto.*cjk"; then
  exit 0
fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "installing $packages"
  apt-get update -q >/dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $packages fontconfig >/dev/null
  exit 0
fi
command -v chromium >/dev/null 2>&1 && exit 0 # the font only changes how screenshots look
echo "the browser tests need Chromium. Remedy on Debian and Ubuntu: sudo apt-get install $packages" >&2
exit 1
