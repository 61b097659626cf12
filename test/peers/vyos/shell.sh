#!/bin/sh
# shellcheck disable=SC2154
# The command line of VyOS, as far as the driver speaks it; its answers as of ifconfig/vrrp.py and op_mode/vrrp.py.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
# shellcheck disable=SC1091
. /run/machine/commit.sh
dump=/tmp/keepalived.json

show_vrrp() {
    if ! runs; then
        echo 'VRRP data is not available (process not running or no active groups)'
        return
    fi
    kill -s "$(keepalived --signum=JSON)" "$pid"
    tries=0
    until grep -q ']$' $dump 2>/dev/null; do
        if [ $((tries += 1)) -gt 600 ]; then
            echo 'VRRP data is not available (wait time exceeded)'
            return
        fi
        sleep 0.05
    done
    echo 'Name     Interface      VRID  State      Priority  Last Transition'
    echo '-------  -----------  ------  -------  ----------  -----------------'
    awk -v now="$(date +%s)" -v RS='"data":' '
        function of(key,  rest) {
            if (!match($0, "\"" key "\": *\"?")) return ""
            rest = substr($0, RSTART + RLENGTH)
            sub(/[",}].*/, "", rest)
            return rest
        }
        BEGIN { split("INIT BACKUP MASTER FAULT", states, " ") }
        NR > 1 {
            ago = int(now - of("last_transition"))
            printf "%-9s%-13s%6d  %-9s%8d  %dm%ds\n", of("iname"), of("ifp_ifname"), of("vrid"), states[of("state") + 1],
                of("effective_priority"), ago / 60, ago % 60
        }' $dump
    rm -f $dump
}

mode=op
prompt() {
    if [ $mode = op ]; then printf 'vyos@%s:~$ ' "$(hostname)"; else printf '[edit]\nvyos@%s# ' "$(hostname)"; fi
}

candidate=$(mktemp)
trap 'rm -f "$candidate"' EXIT
prompt
while read -r line; do
    case "$mode $line" in
    'op set terminal length 0' | *' ') ;;
    'op show version') echo 'Version:          VyOS 1.4.0' ;;
    'op show vrrp') show_vrrp ;;
    'op show configuration commands | match "set high-availability"') cat "$running" ;;
    'op show conntrack-sync statistics') echo 'conntrack-sync is not configured!' ;;
    'op show log vrrp') cat /var/log/keepalived.log ;;
    'op configure')
        mode=edit
        cp "$running" "$candidate"
        ;;
    'edit set '*) echo "$line" >>"$candidate" ;;
    'edit delete '*)
        awk -v path="set ${line#delete }" '$0 != path && index($0, path " ") != 1' "$candidate" >"$candidate.new"
        mv "$candidate.new" "$candidate"
        ;;
    'edit commit')
        cp "$candidate" "$running"
        commit
        ;;
    'edit exit') mode=op ;;
    *) printf '\n  Invalid command: [%s]\n\n' "$line" ;;
    esac
    prompt
done
