# What a node of the chaos test does, and what it leaves behind.
#   bash witness.sh node SCENE PATH_NAME LAST ACT...     acts: sign:SECONDS commit python node daemons stubborn fail
#   bash witness.sh daemon SCENE PATH_NAME RUN SESSION TOKEN SECONDS --run=RUN [commits]
# Appends lines of JSON to SCENE/log/PATH_NAME.jsonl; each is one write, so their order is the order of events.
what=$1 scene=$2 name=$3
log=$scene/log/$name.jsonl
canary=$scene/canary/$name
repository=$scene/paths/$name
here=${BASH_SOURCE[0]%/*}

say() { # say KIND [MORE FIELDS]
  local up rest
  read -r up rest < /proc/uptime
  printf '{"at":%s,"kind":"%s","run":"%s","session":"%s","token":"%s"%s}\n' \
    "$up" "$1" "$run" "$session" "$token" "$2" >> "$log"
}

# Sleeps without another process: from a pipe that nobody writes to.
exec {quiet}<> <(:)
pause() { read -rt "$1" -u "$quiet"; }

sign_for() { # sign_for SECONDS
  local until=$((SECONDS + $1 + 1)) left
  for ((left = $1 * 16 + 1; left > 0; left--)); do
    say sign
    pause 0.06
    ((SECONDS <= until)) || break
  done
}

commit() {
  git -C "$repository" -c user.name=chaos -c user.email=chaos@example.com -c gc.auto=0 -c maintenance.auto=false \
    commit --allow-empty --no-verify -qm "$run $session" > /dev/null 2>&1
}

if [[ $what == daemon ]]; then
  run=$4 session=$5 token=$6
  trap '' TERM HUP
  for ((second = 0; second < $7; second++)); do
    [[ $9 == commits ]] && commit
    sign_for 1
  done
  exit 0
fi

run=$SIGNALBOX_RUN_ID
session=$SIGNALBOX_ATTEMPT.$$.$RANDOM$RANDOM
last=$4
shift 4

# The box's own word, where there is one: who owns it, and its fence number.
token= fence= level=
for record in "$scene"/state/signalbox/box/*.json; do
  [[ -e $record ]] || continue
  owner=$(< "$record")
  if [[ $owner == *"\"$run\""* ]]; then
    [[ $owner =~ \"fenceToken\":\ *\"([^\"]+)\" ]] && token=${BASH_REMATCH[1]}
    [[ $owner =~ \"fenceNumber\":\ *([0-9]+) ]] && fence=${BASH_REMATCH[1]}
    [[ $owner =~ \"level\":\ *([0-9]) ]] && level=${BASH_REMATCH[1]}
  fi
done
say enter "${fence:+,\"fence\":$fence}"

set -o noclobber
if ! { echo "$run" > "$canary"; } 2> /dev/null; then
  other=$(< "$canary")
  if [[ $other != "$run" ]]; then
    say collision "${other:+,\"other\":\"$other\"}"
    echo "$run" > "$canary.$session" && mv -f "$canary.$session" "$canary"
  fi
fi
set +o noclobber

leave_daemons() {
  local args=(daemon "$scene" "$name" "$run" "$session" "$token")
  setsid bash "$here/witness.sh" "${args[@]}" 25 --run="$run" commits &
  (bash "$here/witness.sh" "${args[@]}" 20 --run="$run" &)
  nohup bash "$here/witness.sh" "${args[@]}" 15 --run="$run" > /dev/null 2>&1 &
  # Without its marker only a wall holds it: level 3 promises nothing about such a process.
  [[ $level == [12] ]] || return
  env -i PATH="$PATH" setsid bash "$here/witness.sh" "${args[@]}" 20 --run="$run" < /dev/null > /dev/null 2>&1 &
}

# A git that was killed leaves its lock; whoever is at work here alone may remove it.
rm -f "$repository/.git/index.lock" "$repository/.git/HEAD.lock" "$repository/.git/refs/heads/main.lock"
for act; do
  case $act in
    sign:*) sign_for "${act#sign:}" ;;
    commit) commit ;;
    python) python3 -c 'import subprocess; subprocess.run(["sleep", "0.2"])' ;;
    node) node -e 'require("node:child_process").execFileSync("sleep", ["0.2"])' ;;
    python-daemon) python3 "$here/daemon.py" bash "$here/witness.sh" daemon "$scene" "$name" "$run" "$session" "$token" 20 --run="$run" ;;
    node-daemon) node "$here/daemon.mjs" bash "$here/witness.sh" daemon "$scene" "$name" "$run" "$session" "$token" 20 --run="$run" ;;
    daemons) leave_daemons ;;
    stubborn) trap '' TERM ;;
    fail) fails=1 ;;
  esac
done
say exit
if [[ $last == last && $(< "$canary") == "$run" ]]; then rm -f "$canary"; fi
exit "${fails:-0}"
