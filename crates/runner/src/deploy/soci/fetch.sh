# Downloads the snapshotter into the stage. Argument: URL.
set -eu
cd "$STAGE"
fail() { echo "not downloaded: $*" >&2; exit 1; }

wget -q -O download "$1" || fail "$1 could not be had"
# The connection proves nothing, busybox does not check certificates; the sum does.
echo "$SHA256  download" | sha256sum -c >/dev/null 2>&1 || fail "$1 has the SHA-256 $(sha256sum <download | cut -c 1-64)"
case $1 in
*.tar.gz | *.tgz)
  name=$(tar -tzf download | grep -E '(^|/)soci-snapshotter-grpc$' | head -n 1)
  [ -n "$name" ] || fail "$1 holds no soci-snapshotter-grpc"
  tar -xzf download -O "$name" >soci-snapshotter-grpc
  ;;
*) mv download soci-snapshotter-grpc ;;
esac
rm -f download
chmod 755 soci-snapshotter-grpc
