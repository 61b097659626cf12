/**
 * sshd_config of a machine: root by key only. No PAM (it would want the host's), room for many sessions opened at
 * once, and a fixed PATH, so that the lab's own `reboot` and `poweroff` are found first.
 */
export const sshdConfig = `Port 22
HostKey /run/machine/host_key
AuthorizedKeysFile /run/machine/authorized_keys
PidFile /run/sshd.pid
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
UseDNS no
PrintMotd no
MaxStartups 300:30:600
MaxSessions 300
SetEnv PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
Subsystem sftp internal-sftp
`;
