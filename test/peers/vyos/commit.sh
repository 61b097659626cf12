# shellcheck shell=sh
# What VyOS makes of its configuration (conf_mode/high-availability.py, keepalived.conf.j2, 10-override.conf.j2): a group that
# is disabled is left out, but stays a member of its sync-group.
running=/run/vyos/config
conf=/run/keepalived/keepalived.conf
pidfile=/run/keepalived/keepalived.pid

runs() { pid=$(cat $pidfile 2>/dev/null) && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = keepalived ]; }

value() { sed -n "s/^set high-availability vrrp group $1 $2 '\(.*\)'/\1/p" $running; }

instance() {
    cat <<END
vrrp_instance $1 {
    state BACKUP
    interface $(value "$1" interface)
    virtual_router_id $(value "$1" vrid)
    priority $(value "$1" priority)
    advert_int $(value "$1" advertise-interval)
    virtual_ipaddress {
        $(value "$1" address)
    }
}
END
}

generate() {
    printf 'global_defs {\n    dynamic_interfaces\n    script_user root\n}\n'
    for group in $(sed -n 's/^set high-availability vrrp group \(.*\) vrid .*/\1/p' $running); do
        grep -q "^set high-availability vrrp group $group disable" $running || instance "$group"
    done
    printf 'vrrp_sync_group both {\n    group {\n'
    sed -n "s/^set high-availability vrrp sync-group both member '\(.*\)'/        \1/p" $running
    printf '    }\n}\n'
}

commit() {
    if grep -q '^set high-availability disable' $running; then
        runs || return 0
        kill "$pid"
        while runs; do sleep 0.05; done
        return 0
    fi
    generate >$conf
    if runs; then
        kill -HUP "$pid"
        return 0
    fi
    setsid keepalived --use-file $conf --pid $pidfile --dont-fork --snmp --snmp-agent-socket unix:/run/agentx \
        --no-syslog --log-console >>/var/log/keepalived.log 2>&1 </dev/null &
}
