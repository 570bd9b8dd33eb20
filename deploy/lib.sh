# shellcheck shell=bash disable=SC2034,SC2016
# What the scripts share. To be sourced; `program` names the script in messages.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
program=${program:-$(basename "$0")}
build_packages=(libssl-dev librabbitmq-dev libcurl4-openssl-dev pkg-config)

say() { echo "$program: $*" >&2; }
fail() { say "$@"; exit 1; }

# Packages

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

is_installed() { # package
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Installs those of the packages that are missing; asks for no rights if none is.
install_missing() {
    local package missing=()
    if ! command -v dpkg-query apt-get > /dev/null; then
        say "this is no Debian: not checked whether its like of these packages is installed: $*"
        return
    fi
    for package; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo > /dev/null; then
        fail "packages are missing, and there is neither root nor sudo to install them; as root: apt-get install -y ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    as_root apt-get -qq update >&2 || fail "apt-get update failed (see above)"
    case " ${missing[*]} " in
        *' rabbitmq-server '* | *' prometheus '*) without_services apt_install "${missing[@]}" ;;
        *) apt_install "${missing[@]}" ;;
    esac || fail "apt-get could not install ${missing[*]} (see above)"
}

apt_install() {
    local output
    output=$(as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install "$@" \
        2>&1 < /dev/null) || { printf '%s\n' "$output" >&2; return 1; }
}

# Runs an installation during which packages start no services (policy-rc.d is Debian's switch for that), and keeps
# them from starting with the machine: every node here is a run's own. The caller's exit trap calls
# restore_services, for an installation that is broken off.
without_services() {
    local status=0 unit
    if [ ! -e "$policy" ]; then
        is_policy_ours=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" > /dev/null
        as_root chmod 755 "$policy"
    fi
    "$@" || status=$?
    restore_services
    if [ -d /run/systemd/system ]; then
        for unit in rabbitmq-server prometheus; do
            if [[ " $* " == *" $unit "* ]]; then as_root systemctl -q disable --now "$unit" >&2 || true; fi
        done
    fi
    return "$status"
}

policy=/usr/sbin/policy-rc.d
is_policy_ours=no

restore_services() {
    if [ "$is_policy_ours" = yes ]; then as_root rm -f "$policy"; fi
    is_policy_ours=no
}

# Swift

require_swift() {
    local folder
    for folder in /opt/swift/usr/bin /usr/local/swift/usr/bin "${HOME:-/root}/.local/share/swiftly/bin"; do
        command -v swift > /dev/null && return
        if [ -x "$folder/swift" ]; then PATH=$PATH:$folder; fi
    done
    command -v swift > /dev/null && return
    fail "Swift 6.2 or newer is not installed: get it from https://www.swift.org/install/linux/debian/12/ and put its usr/bin into PATH"
}

# Shows what a build prints on standard error: nothing if there is nothing to do, its steps on one line of a terminal,
# a step now and then elsewhere, and everything that is no step in full.
show_build() { # what is built
    local line shown_at=-10 has_begun=no
    while IFS= read -r line; do
        case $line in
            'Building for '* | 'Build complete!'* | 'Build of product '* | 'Fetch'* | '' | "warning: 'librabbitmq'"* | *'Planning build' | *'Write swift-version'*) ;;
            '['*/*']'*)
                if [ "$has_begun" = no ]; then has_begun=yes; say "building $1; the first time takes some minutes"; fi
                if [ -t 2 ]; then
                    printf '\r\033[K%.78s' "$line" >&2
                elif [ $((SECONDS - shown_at)) -ge 10 ]; then
                    shown_at=$SECONDS
                    say "$line"
                fi ;;
            *)
                if [ -t 2 ]; then printf '\r\033[K' >&2; fi
                printf '%s\n' "$line" >&2 ;;
        esac
    done
    if [ -t 2 ] && [ "$has_begun" = yes ]; then printf '\r\033[K' >&2; fi
}

# The modules are optimised as one program: a third more events per second. Exclusive access to variables, which Swift
# checks at run time wherever the compiler can't, is checked by the tests' builds alone: it takes a tenth of an event's
# time. Not in Package.swift, where such flags would keep others from depending on the package.
release_flags=(
    -c release --static-swift-stdlib -Xswiftc -cross-module-optimization -Xswiftc -enforce-exclusivity=unchecked
    --package-path "$root"
)

# Only what is run: the package also has programs of the tests'.
build_release() {
    local name
    for name in public-web dispatcher ping-listener switchboard; do build_product "$name" || return; done
}

build_product() { swift build "${release_flags[@]}" --product "$1" 2>&1 | show_build "$1"; }

# Builds the programs and sets `bin` to their folder. SWITCHBOARD_BIN_PATH names a folder of programs built before.
build_programs() {
    local name
    if [ -n "${SWITCHBOARD_BIN_PATH:-}" ]; then
        bin=$(cd "$SWITCHBOARD_BIN_PATH" && pwd -P) || fail "SWITCHBOARD_BIN_PATH: there is no folder $SWITCHBOARD_BIN_PATH"
        for name in public-web dispatcher ping-listener switchboard; do
            [ -x "$bin/$name" ] || fail "SWITCHBOARD_BIN_PATH: $bin/$name is missing"
        done
        return
    fi
    require_swift
    interruptibly build_release || fail "the build failed (see above)"
    bin=$(swift build "${release_flags[@]}" --show-bin-path)
}

# Ports

# Whether a socket listens on the port, on whatever address.
port_is_taken() {
    local hexadecimal
    printf -v hexadecimal '%04X' "$1"
    grep -qE "^ *[0-9]+: [0-9A-F]+:$hexadecimal [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6 2>/dev/null
}

# Sets the named variables to different free ports, below the ephemeral ports (32768 up), so that no client's socket
# gets in the way.
choose_ports() {
    local name_of_port candidate=$((10000 + (RANDOM * 32768 + RANDOM) % 20000))
    for name_of_port; do
        candidate=$((candidate + 1))
        while port_is_taken "$candidate"; do candidate=$((candidate + 1)); done
        printf -v "$name_of_port" '%s' "$candidate"
    done
}

# HTTP

# Asks http://HOST:PORT/PATH and sets http_status (empty: no answer within 2 s) and http_body.
http_get() { # host port path
    local answer
    http_status='' http_body=''
    answer=$(timeout 2 bash -c '
        exec 3<> "/dev/tcp/$1/$2" &&
        printf "GET %s HTTP/1.1\r\nHost: %s:%s\r\nConnection: close\r\n\r\n" "$3" "$1" "$2" >&3 && cat <&3' \
        http_get "$1" "$2" "$3" 2>/dev/null) || true
    [[ $answer =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]] || return 0
    http_status=${BASH_REMATCH[1]}
    http_body=${answer#*$'\r\n\r\n'}
}

# The value of a member that is a string or a number, in JSON on one line.
json_member() { # name json
    [[ $2 =~ \"$1\":(\"([^\"]*)\"|([0-9]+)) ]] && printf '%s' "${BASH_REMATCH[2]}${BASH_REMATCH[3]}"
}

# Processes

current=''

# Runs a long command so that a signal to this script is acted upon at once; the exit trap calls end_current.
interruptibly() {
    local status=0
    set -m
    "$@" &
    current=$!
    set +m
    wait "$current" || status=$?
    current=''
    return "$status"
}

end_current() {
    if [ -n "$current" ]; then kill -TERM -- "-$current" 2>/dev/null || true; fi
    current=''
}

has_ended() { [ "$(ps_state "$1")" = Z ] || [ -z "$(ps_state "$1")" ]; }

ps_state() { # pid
    local line
    { read -r line < "/proc/$1/stat"; } 2>/dev/null || return 0
    line=${line##*) }
    printf '%s' "${line%% *}"
}

# Ends processes with TERM, those that take longer than so many seconds with KILL.
end_processes() { # seconds pid...
    local pid tries=$(($1 * 20))
    shift
    for pid; do kill -TERM "$pid" 2>/dev/null || true; done
    for pid; do
        while ! has_ended "$pid"; do
            if [ "$tries" -le 0 ]; then kill -KILL "$pid" 2>/dev/null || true; break; fi
            tries=$((tries - 1))
            sleep 0.05
        done
    done
}

# The stack in containers

compose_file=$root/deploy/compose.yaml
environment_file=$root/deploy/.env

require_docker() {
    command -v docker > /dev/null ||
        fail "docker is not installed: see https://docs.docker.com/engine/install/debian/ (without containers: deploy/dev)"
    docker compose version > /dev/null 2>&1 ||
        fail "docker has no compose plugin (apt-get install docker-compose-plugin, from Docker's packages): \`docker compose version\` fails"
    local problem
    problem=$(docker info 2>&1 > /dev/null) ||
        fail "the docker daemon can't be reached: ${problem##*$'\n'}"
}

# As `docker compose` does in the folder deploy/, from wherever.
compose() {
    local files=(--file "$compose_file") override=${compose_file%.yaml}.override.yaml
    if [ -e "$override" ]; then files+=(--file "$override"); fi
    COMPOSE_PROFILES=$(variable COMPOSE_PROFILES '') \
        docker compose "${files[@]}" --env-file "$environment_file" "$@"
}

random_hexadecimal() { # bytes
    head -c "$1" /dev/urandom | od -An -v -tx1 | tr -d ' \n'
}

# Makes deploy/.env, or what is missing in it; what is there stays, since databases in the volumes know those passwords.
make_environment() {
    local variable
    (
        umask 077
        # It may have been made by hand, for ports.
        if [ -e "$environment_file" ]; then chmod 600 "$environment_file"; fi
        [ -e "$environment_file" ] || echo '# Made by deploy/up. Belongs to the volumes: without it their passwords are lost.' > "$environment_file"
        for variable in INTERNAL_SECRET RABBITMQ_PASSWORD GRAFANA_PASSWORD MINIO_PASSWORD S3_SECRET_KEY; do
            set_if_missing "$variable" "$(random_hexadecimal 24)"
        done
        set_if_missing S3_ACCESS_KEY "telemetry$(random_hexadecimal 5)"
    )
    make_secrets
}

# The tiers' secrets as files, from deploy/.env. In the containers another user reads them; on this machine nobody else gets
# into the folder.
make_secrets() {
    local folder=${environment_file%/*}/.secrets
    (
        umask 077
        mkdir -p "$folder"
        printf '%s\n' "$(stored_variable INTERNAL_SECRET)" > "$folder/internal-secret.new"
        printf 'amqp://switchboard:%s@rabbitmq:5672/\n' "$(stored_variable RABBITMQ_PASSWORD)" > "$folder/amqp-url.new"
        local name
        for name in internal-secret amqp-url; do
            chmod 444 "$folder/$name.new"
            # Only if it is another, as containers that run have the file itself.
            if ! cmp -s "$folder/$name.new" "$folder/$name"; then mv -f "$folder/$name.new" "$folder/$name"; fi
            rm -f "$folder/$name.new"
        done
    )
}

stored_variable() { # name
    local line
    line=$(grep "^$1=" "$environment_file" | tail -n 1)
    printf '%s' "${line#*=}"
}

set_if_missing() { # variable value
    grep -q "^$1=" "$environment_file" || printf '%s=%s\n' "$1" "$2" >> "$environment_file"
}

set_variable() { # variable value
    local rest
    rest=$(grep -v "^$1=" "$environment_file" || true)
    (umask 077; printf '%s\n%s=%s\n' "$rest" "$1" "$2" > "$environment_file.new")
    mv "$environment_file.new" "$environment_file"
}

# The value in the environment, else in deploy/.env, else the default.
variable() { # name default
    local line=''
    if [ -n "${!1:-}" ]; then printf '%s' "${!1}"; return; fi
    if [ -r "$environment_file" ]; then line=$(grep "^$1=" "$environment_file" | tail -n 1) || true; fi
    if [ -n "${line#*=}" ]; then printf '%s' "${line#*=}"; else printf '%s' "$2"; fi
}

public_port() { variable PUBLIC_WEB_PORT 8080; }
grafana_url() { printf 'http://127.0.0.1:%s' "$(variable GRAFANA_PORT 3000)"; }

# Waits until public-web is ready, which it is when a dispatcher is, which is when the broker is.
await_stack() { # seconds
    local began=$SECONDS port
    port=$(public_port)
    until http_get 127.0.0.1 "$port" /readyz; [ "$http_status" = 200 ]; do
        if [ $((SECONDS - began)) -ge "$1" ]; then
            compose ps --all >&2 || true
            fail "public-web is not ready after $1 s (last answer: ${http_status:-none}); see \`docker compose logs\` in deploy/"
        fi
        sleep 1
    done
}
