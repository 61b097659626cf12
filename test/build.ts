import { execa } from 'execa';

/**
 * The tests of commands, agents and the lab run the built program. Type errors are the business of `npm run
 * typecheck`: what was emitted is tested all the same.
 */
export default async function build(): Promise<void> {
  await execa('npm', ['run', '--silent', 'build'], { stdio: 'inherit', reject: false });
}
