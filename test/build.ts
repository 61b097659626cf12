import { execa } from 'execa';

/** The tests of commands, agents and the lab run the built program: build it once, before all of them. */
export default async function build(): Promise<void> {
  await execa('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
