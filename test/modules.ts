import { execa } from 'execa';

/** Scripts of the tests of the lab import single modules of the program, which is shipped in one piece. */
export default async function modules(): Promise<void> {
  await execa('npm', ['run', '--silent', 'modules'], { stdio: 'inherit', reject: false });
}
