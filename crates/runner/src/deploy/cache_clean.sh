# Removes images that no container of this node uses. Arguments: patterns of names that are kept.
# An image goes when it was unused at two looks in a row: between its pull and its first container it is unused, too.
set -u
set -f
for tool in cat grep mkdir mv sleep; do
  eval "$tool() { \"\$BUSYBOX\" $tool \"\$@\"; }"
done
looks=${LOOKS:-/looks}
trap 'exit 0' TERM INT

kept() { # NAME...: does a pattern match one of them?
  for name; do
    for pattern in $patterns; do
      case $name in $pattern) return 0 ;; esac
    done
  done
  return 1
}

used() { # ID NAME...: does a container have it?
  for name; do
    if grep -qF "\"$name\"" "$looks/containers"; then return 0; fi
  done
  return 1
}

look() { # one image: gone, a candidate for the next look, or left alone
  if [ -z "$id" ] || [ -n "$pinned" ] || kept $names || used "$id" $names; then return; fi
  if ! grep -qxF "$id" "$looks/before"; then
    echo "$id" >>"$looks/now"
  elif crictl rmi "$id" >"$looks/said" 2>&1; then
    echo "removed $id$names"
  else
    echo "not removed: $id$names: $(cat "$looks/said")" >&2
  fi
}

round() {
  crictl images -v >"$looks/images" && crictl ps -a -o json >"$looks/containers" || return 1
  : >"$looks/now"
  id='' names='' pinned=''
  while read -r key value; do
    case $key in
    ID:) look; id=$value names='' pinned='' ;;
    RepoTags: | RepoDigests:) names="$names $value" ;;
    Pinned:) pinned=$value ;;
    esac
  done <"$looks/images"
  look
  mv "$looks/now" "$looks/before"
}

patterns="$*"
: >"$looks/before"
while :; do
  # A list that could not be had is no empty list: nothing is removed then.
  round || echo "the runtime did not answer; nothing was removed" >&2
  sleep "$EVERY_SECONDS" &
  wait $!
done
