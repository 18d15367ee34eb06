# Tells this node's containerd where to look first, and takes that back when the pod ends.
# Arguments, four a registry: HOST SERVER-URL MIRROR-HOST MIRROR-PORT.
set -u
mark='# Written by pullstat deploy mirror, and removed when its pod ends.'

ours() { # FILE: did a pod of this kind write it?
  read -r first <"$1" && [ "$first" = "$mark" ]
}

write() { # HOST SERVER-URL MIRROR-HOST MIRROR-PORT
  file=$FOLDER/$1/hosts.toml
  case $3 in
  '' | *'$('*) echo "the service of the mirror of $1 was not there when this pod began" >&2; return 1 ;;
  *:*) address=[$3]:$4 ;;
  *) address=$3:$4 ;;
  esac
  if [ -e "$file" ] && ! ours "$file"; then
    echo "left alone: $file was there before, so $1 has no mirror on this node" >&2
    return 1
  fi
  mkdir -p "$FOLDER/$1" &&
    printf '%s\nserver = "%s"\n\n[host."http://%s"]\n  capabilities = ["pull", "resolve"]\n' \
      "$mark" "$2" "$address" >"$file.new" &&
    mv "$file.new" "$file" &&
    echo "written: $file"
}

remove() { # HOST...: what others put there stays
  for host; do
    file=$FOLDER/$host/hosts.toml
    if [ -e "$file" ] && ours "$file"; then rm "$file" && echo "removed: $file"; fi
    rmdir "$FOLDER/$host" 2>/dev/null
  done
}

hosts=''
trap 'remove $hosts; exit 0' TERM INT
failed=''
while [ $# -ge 4 ]; do
  hosts="$hosts $1"
  write "$@" || failed=1
  shift 4
done
if [ -n "$failed" ]; then
  remove $hosts
  exit 1
fi
while :; do
  sleep 3600 &
  wait $!
done
