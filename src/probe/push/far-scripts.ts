import type { ReflectPlan } from '../../model/plan.js';

/*
 * What is asked of a far host to take the executable, for any POSIX shell (dash, bash, busybox). A script is sent to the
 * input of `sh`, so that no shell on the way reads it; its answers are lines that begin with ANSWER.
 */

export const ANSWER = 'seqgap:';

const BEGIN = `umask 077
say() { echo "${ANSWER} $*"; }
`;

/** A word of ours for a shell: folders are as `mktemp` names them below a path of plain characters. */
const PLAIN = /^\/[\w./-]+$/;
export const isPlainPath = (path: string): boolean => PLAIN.test(path);

/**
 * Says what the host is, and makes a private folder from which may be executed, with room for so many KiB. What an
 * earlier one left because its host broke down is removed first.
 */
export const lookScript = (need_kib: number): string => `${BEGIN}
say machine "$(uname -s)" "$(uname -m)"
if getconf GNU_LIBC_VERSION >/dev/null 2>&1; then say libc "$(getconf GNU_LIBC_VERSION)"
elif ls /lib/ld-musl-* >/dev/null 2>&1; then say libc musl; fi
command -v sha256sum >/dev/null 2>&1 && say has sha256sum
command -v gzip >/dev/null 2>&1 && say has gzip
for base in "\${TMPDIR:-/tmp}" /var/tmp /dev/shm "$HOME"; do
  case $base in /*) ;; *) continue ;; esac
  for old in "$base"/seqgap-push.??????; do
    [ -d "$old" ] && [ ! -L "$old" ] && [ -O "$old" ] || continue
    if [ -f "$old/holder" ]; then kill -0 "$(cat "$old/holder")" 2>/dev/null || rm -rf "$old"
    else find "$old" -maxdepth 0 -mmin +60 -exec rm -rf {} \\; 2>/dev/null; fi
  done
  folder=$(mktemp -d "$base/seqgap-push.XXXXXX" 2>/dev/null) || { say refused "$base: no folder can be made there"; continue; }
  printf '#!/bin/sh\\nexit 0\\n' >"$folder/try" 2>/dev/null && chmod 700 "$folder/try" && "$folder/try" 2>/dev/null || {
    rm -rf "$folder"; say refused "$base: nothing can be executed there (full, or mounted noexec)"; continue; }
  rm -f "$folder/try"
  free=$(df -Pk "$folder" 2>/dev/null | { read -r _; read -r _ _ _ free _; echo "$free"; })
  if [ -n "$free" ] && [ "$free" -lt ${need_kib} ]; then
    rm -rf "$folder"; say refused "$base: $free KiB are free, ${need_kib} are needed"; continue; fi
  say folder "$folder"
  exit 0
done
exit 1
`;

/** Appends what comes on its input after \`ready\`, from the octet that it names. */
export const copyScript = (folder: string, isPacked: boolean): string => `${BEGIN}
cd ${folder} || exit 1
>>seqgap.part
say ready $(($(wc -c <seqgap.part)))
exec ${isPacked ? 'gzip -dc' : 'cat'} >>seqgap.part
`;

/** Makes a program of what came, only if it is what was sent, and says that it runs. */
export const checkScript = (folder: string, sha256: string): string => `${BEGIN}
cd ${folder} || exit 1
sum=$(sha256sum seqgap.part) || exit 1
[ "\${sum%% *}" = ${sha256} ] || { say other; exit 1; }
mv seqgap.part seqgap && chmod 700 seqgap || exit 1
cat >run <<'END'
export SEQGAP_UNPACK_IN=${folder}/at
exec ${folder}/seqgap "$@"
END
say version "$(SEQGAP_UNPACK_IN=${folder}/at ./seqgap --version 2>&1 | head -n 3 | tr '\\n' ' ')"
`;

/** What runs the program there; its arguments follow. */
export const programIn = (folder: string): readonly string[] => ['sh', `${folder}/run`];

/**
 * Reflects for as long as its input is open, and says when it listens, or why it does not. In braces, so that the shell has
 * read all of it before: what follows is the reflector's input.
 */
export const reflectScript = (folder: string, { bind, stamp, tcp, http }: ReflectPlan): string => `{
${BEGIN}
{ ${programIn(folder).join(' ')} reflect --end-with-input --json --bind ${bind} --stamp ${stamp} --tcp ${tcp} --http ${http} 2>&1; } |
while read -r line; do
  case $line in '{"format"'*) say listening ;; *) say told "$line" ;; esac
done
exit
}
`;

/**
 * Holds the folder for as long as its input is open, and removes it on every way out: a second process does it where this
 * one is killed.
 */
export const holdScript = (folder: string): string => `${BEGIN}
trap : HUP INT TERM
echo $$ >${folder}/holder || exit 1
holder=$$
( trap '' HUP INT TERM; cd /; while kill -0 $holder 2>/dev/null; do sleep 1; done; rm -rf ${folder} ) </dev/null >/dev/null 2>&1 &
say held
while read -r _; do :; done
rm -rf ${folder}
say gone
`;

export const removeScript = (folder: string): string => `${BEGIN}
rm -rf ${folder}
say gone
`;
