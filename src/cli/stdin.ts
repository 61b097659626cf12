/** What `-` on the command line stands for. */
export const STDIN_FILE = '/dev/stdin';
