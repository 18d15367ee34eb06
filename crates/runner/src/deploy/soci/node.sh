# Installs the SOCI snapshotter on a node, or takes it back. Argument: install or undo.
# Everything is looked at before anything is changed; what fails later is taken back. Lines of ours in containerd's
# config.toml end in the mark below, lines of others that they replace are kept behind it.
set -eu
mark='# pullstat deploy soci'
unit=soci-snapshotter.service
program=soci-snapshotter-grpc
socket=/run/$program/$program.sock
config=$CONTAINERD/config.toml

node() { nsenter -t 1 -m -- "$@"; }
refuse() { echo "refused: $*; nothing was changed on $(node hostname 2>/dev/null || echo this node)" >&2; exit 1; }
ours() { grep -qF "$mark" "$config"; }

# The configuration with SOCI as the snapshotter of CRI. The plugin has another name in version 3 of the file.
with_soci() {
  case $version in
  2) plugin=io.containerd.grpc.v1.cri table='plugins."io.containerd.grpc.v1.cri".containerd' ;;
  3) plugin=io.containerd.cri.v1.images table="plugins.'io.containerd.cri.v1.images'" ;;
  esac
  awk -v table="$table" -v mark="$mark" -v address="$socket" '
    function bare(line) { sub(/#.*/, "", line); gsub(/[ \t"'"'"']/, "", line); return line }
    function settings() {
      print "snapshotter = \"soci\" " mark
      print "disable_snapshot_annotations = false " mark
    }
    BEGIN { header = "[" bare(table) "]" }
    bare($0) == header { print; settings(); inside = found = 1; next }
    /^[ \t]*\[/ { inside = 0 }
    inside && /^[ \t]*(snapshotter|disable_snapshot_annotations)[ \t]*=/ { print mark ": " $0; next }
    { print }
    END {
      if (!found) { print "[" table "] " mark; settings() }
      print "[proxy_plugins.soci] " mark
      print "type = \"snapshot\" " mark
      print "address = \"" address "\" " mark
    }' "$config"
}

without_soci() {
  awk -v mark="$mark" '
    index($0, mark ": ") == 1 { print substr($0, length(mark) + 3); next }
    length($0) >= length(mark) && substr($0, length($0) - length(mark) + 1) == mark { next }
    { print }' "$config"
}

# Puts a new configuration in the place of the old one, with its owner and mode, if the node's containerd can read it.
replace() { # FILTER
  cp -p "$config" "$config.pullstudy-new"
  # An empty file would be a valid configuration, too: the filter itself must not have failed.
  if "$1" >"$config.pullstudy-new" &&
    node containerd --config "$CONTAINERD_ON_NODE/config.toml.pullstudy-new" config dump >/dev/null 2>&1; then
    mv "$config.pullstudy-new" "$config"
  else
    rm "$config.pullstudy-new"
    return 1
  fi
}

write_unit() {
  cat >"$UNITS/$unit" <<END
$mark
[Unit]
Description=SOCI snapshotter for containerd
Before=containerd.service

[Service]
ExecStart=$FOLDER_ON_NODE/$program
Restart=always
RestartSec=1

[Install]
WantedBy=multi-user.target
END
  node systemctl daemon-reload
}

remove_unit() {
  if [ -e "$UNITS/$unit" ] && grep -qF "$mark" "$UNITS/$unit"; then
    node systemctl disable --now "$unit" || true
    rm "$UNITS/$unit"
    node systemctl daemon-reload
  fi
  rm -f "$FOLDER/$program"
}

listens() { # within half a minute
  tries=30
  until node test -S "$socket"; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 1
  done
}

look() {
  node systemctl is-active --quiet containerd || refuse "containerd is no running service of systemd here"
  [ -f "$config" ] || refuse "there is no $CONTAINERD_ON_NODE/config.toml (\`containerd config default\` writes one)"
  version=$(sed -n 's/^[ \t]*version[ \t]*=[ \t]*\([0-9]*\).*/\1/p' "$config" | head -n 1)
  case $version in
  2 | 3) ;;
  *) refuse "$CONTAINERD_ON_NODE/config.toml has version ${version:-1}, and 2 or 3 is needed" ;;
  esac
}

look_before_install() {
  look
  asked=/run/containerd/containerd.sock settings=/etc/soci-snapshotter-grpc/config.toml
  node test -S "$asked" || node test -e "$settings" ||
    refuse "the snapshotter asks containerd at $asked, and that is no socket (\`containerd_address\` under [content_store] in $settings names another)"
  node test -c /dev/fuse || refuse "this node has no /dev/fuse, which the snapshotter mounts with"
  if [ -e "$UNITS/$unit" ] && ! grep -qF "$mark" "$UNITS/$unit"; then
    refuse "$unit is there already, and not ours"
  fi
  if ! ours && grep -qE '^[ \t]*\[[ \t]*proxy_plugins[ \t]*\.[ \t]*"?soci"?[ \t]*\]' "$config"; then
    refuse "$CONTAINERD_ON_NODE/config.toml has a proxy plugin soci already, and it is not ours"
  fi
}

install() {
  look_before_install
  cp "$STAGE/$program" "$FOLDER/$program.new"
  chmod 755 "$FOLDER/$program.new"
  if ! node "$FOLDER_ON_NODE/$program.new" --version; then
    rm "$FOLDER/$program.new"
    refuse "$FOLDER_ON_NODE/$program does not run (another architecture, or a folder without programs?)"
  fi
  changed=''
  cmp -s "$FOLDER/$program.new" "$FOLDER/$program" || changed=1
  mv "$FOLDER/$program.new" "$FOLDER/$program"
  write_unit
  node systemctl enable --now "$unit"
  # Only a new program is worth a restart: containers that run from SOCI would notice.
  if ours && [ -n "$changed" ]; then echo "the program is new; $unit takes it at its next start"; fi
  if ! listens; then
    ours || remove_unit
    echo "failed: $unit does not listen at $socket; it was taken back" >&2
    exit 1
  fi
  if ours; then
    echo "containerd has SOCI already; it was not restarted"
    return
  fi
  cp -p "$config" "$config.before-pullstudy"
  if ! replace with_soci; then
    remove_unit
    echo "failed: containerd cannot read its configuration with SOCI in it; all was taken back" >&2
    exit 1
  fi
  restart_or_take_back
}

restart_or_take_back() {
  echo "restarting containerd"
  if node systemctl restart containerd && node systemctl is-active --quiet containerd; then
    echo "containerd has SOCI; its configuration before is $CONTAINERD_ON_NODE/config.toml.before-pullstudy"
    return
  fi
  cp -p "$config.before-pullstudy" "$config"
  node systemctl restart containerd || true
  remove_unit
  echo "failed: containerd did not start with SOCI; all was taken back" >&2
  exit 1
}

undo() {
  look
  if ours; then
    replace without_soci || refuse "containerd cannot read its configuration without SOCI"
    echo "restarting containerd"
    node systemctl restart containerd
  else
    echo "containerd does not have SOCI; it was not restarted"
  fi
  remove_unit
}

"$1"
